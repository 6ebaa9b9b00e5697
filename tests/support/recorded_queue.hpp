// SPDX-License-Identifier: MIT
// A queue of numbers under the model checker, whose results are compared with those of a sequential queue.
#pragma once

#include <cstddef>

#include <plait/conqueue_status.hpp>

#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>

#include "support/sequential_queue.hpp"

namespace model {

// Whether a try_ call may return busy. Busy claims nothing; the call is repeated.
enum class busy { never, sometimes };

// A queue that records every call, and judges the history in its destructor.
template <class Queue, class Order, busy Says = busy::never>
class recorded_queue {
  using kind = told::kind;
  using status = plait::conqueue_status;

 public:
  recorded_queue() = default;
  explicit recorded_queue(std::size_t capacity) : queue_(capacity), capacity_(capacity) {}
  ~recorded_queue() {
    verify::check(history_.is_linearizable(sequential_queue<Order>{capacity_}, is_possible<Order>),
                  "the calls are linearizable");
  }

  void push(int item) {
    history_.record([&] { return pushed(item, queue_.push(item)); });
  }
  void try_push(int item) {
    history_.record([&] {
      status said = queue_.try_push(item);
      if constexpr (Says == busy::sometimes)
        while (said == status::busy) said = queue_.try_push(item);
      return told{.what = kind::push, .item = item, .status = said};
    });
  }
  void pop() {
    history_.record([&] { return popped(queue_.pop()); });
  }
  void try_pop() {
    history_.record([&] {
      auto got = queue_.try_pop();
      if constexpr (Says == busy::sometimes)
        while (!got && got.error() == status::busy) got = queue_.try_pop();
      return popped(got);
    });
  }
  void close() {
    history_.record([&] {
      queue_.close();
      return told{.what = kind::close};
    });
  }
  void is_closed() {
    history_.record([&] { return told{.what = kind::is_closed, .yes = queue_.is_closed()}; });
  }
  void empty() {
    history_.record([&] { return told{.what = kind::empty, .yes = queue_.empty()}; });
  }
  // Never too low.
  void size_at_least() {
    history_.record([&] { return told{.what = kind::size_at_least, .item = static_cast<int>(queue_.size())}; });
  }
  // Exact only while nobody pops.
  void size() {
    history_.record([&] { return told{.what = kind::size, .item = static_cast<int>(queue_.size())}; });
  }

 private:
  Queue queue_;
  std::size_t capacity_ = unlimited;
  verify::scenario_history<told> history_;
};

}  // namespace model
