// SPDX-License-Identifier: MIT
// A queue of numbers under the model checker, whose calls are judged against what a sequential one would say.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>

#include <verify/linearizability.hpp>
#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>

#include <plait/conqueue_status.hpp>

#include "support/item_order.hpp"

namespace model {

// A queue as its documentation has it, for one thread at a time.
template <class Order>
struct sequential_queue {
  std::size_t capacity;
  typename Order::items items{};
  bool closed = false;

  auto operator<=>(const sequential_queue&) const = default;
};

struct queue_operation {
  enum class kind { push, pop, close, size, is_closed } what;
  int value = 0;
  plait::conqueue_status status = plait::conqueue_status::success;
};

template <class Order>
bool is_possible(sequential_queue<Order>& queue, const queue_operation& done) {
  using kind = queue_operation::kind;
  using plait::conqueue_status;
  switch (done.what) {
    case kind::push:
      if (done.status == conqueue_status::closed) return queue.closed;
      if (done.status == conqueue_status::full) return !queue.closed && queue.items.size() == queue.capacity;
      if (queue.closed || queue.items.size() == queue.capacity) return false;
      Order::put(queue.items, done.value);
      return true;
    case kind::pop:
      if (done.status == conqueue_status::closed) return queue.closed && queue.items.empty();
      if (done.status == conqueue_status::empty) return !queue.closed && queue.items.empty();
      return !queue.items.empty() && Order::take(queue.items, done.value);
    case kind::close:
      queue.closed = true;
      return true;
    case kind::size:
      return queue.items.size() == static_cast<std::size_t>(done.value);
    case kind::is_closed:
      return queue.closed == (done.value != 0);
  }
  return false;
}

// Whether a try_ call may say busy: that is no answer, and is asked again.
enum class busy { never, sometimes };

// A queue whose every call is recorded; destroyed, it judges them all.
template <class Queue, class Order, busy Says = busy::never>
class recorded_queue {
  using kind = queue_operation::kind;
  using status = plait::conqueue_status;

 public:
  recorded_queue() = default;
  explicit recorded_queue(std::size_t capacity) : queue_(capacity), capacity_(capacity) {}
  ~recorded_queue() {
    verify::check(
        verify::is_linearizable(history_.calls(), sequential_queue<Order>{capacity_}, is_possible<Order>),
        "the calls are linearizable");
  }

  void push(int item) {
    history_.record([&] {
      return queue_operation{kind::push, item, queue_.push(item) ? status::success : status::closed};
    });
  }
  void try_push(int item) {
    history_.record([&] {
      status said = queue_.try_push(item);
      if constexpr (Says == busy::sometimes)
        while (said == status::busy) said = queue_.try_push(item);
      return queue_operation{kind::push, item, said};
    });
  }
  void pop() {
    history_.record([&] {
      const std::optional<int> got = queue_.pop();
      return queue_operation{kind::pop, got.value_or(0), got ? status::success : status::closed};
    });
  }
  void try_pop() {
    history_.record([&] {
      auto got = queue_.try_pop();
      if constexpr (Says == busy::sometimes)
        while (!got && got.error() == status::busy) got = queue_.try_pop();
      return queue_operation{kind::pop, got.value_or(0), got ? status::success : got.error()};
    });
  }
  void close() {
    history_.record([&] {
      queue_.close();
      return queue_operation{kind::close};
    });
  }
  void is_closed() {
    history_.record([&] { return queue_operation{kind::is_closed, queue_.is_closed() ? 1 : 0}; });
  }
  // Exact only while nobody pops.
  void size() {
    history_.record([&] { return queue_operation{kind::size, static_cast<int>(queue_.size())}; });
  }

 private:
  Queue queue_;
  std::size_t capacity_ = std::numeric_limits<std::size_t>::max();
  verify::history<queue_operation> history_;
};

}  // namespace model
