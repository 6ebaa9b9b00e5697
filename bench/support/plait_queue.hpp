// SPDX-License-Identifier: MIT
// Adapters for any queue of plait: waiting by itself, and waiting by yielding, as rivals that cannot wait have
// to.
#pragma once

#include <cstddef>
#include <span>
#include <thread>
#include <utility>

#include <plait/conqueue_status.hpp>

namespace bench {

template <class Queue>
class blocking : Queue {
 public:
  using value_type = typename Queue::value_type;
  using Queue::Queue;

  [[gnu::always_inline]] void push(value_type item) { Queue::push(std::move(item)); }
  [[gnu::always_inline]] value_type pop() { return *Queue::pop(); }  // it is never closed

  void push_n(std::span<const value_type> items) { Queue::push_n(items.begin(), items.size()); }
  std::size_t pop_n(std::span<value_type> items) { return Queue::pop_n(items.data(), items.size()); }
};

template <class Queue>
class nonblocking : Queue {
 public:
  using value_type = typename Queue::value_type;
  using Queue::Queue;

  [[gnu::always_inline]] void push(value_type item) {
    while (Queue::try_push(std::move(item)) != plait::conqueue_status::success) std::this_thread::yield();
  }
  [[gnu::always_inline]] value_type pop() {
    for (;;) {
      if (auto item = Queue::try_pop()) return *std::move(item);
      std::this_thread::yield();
    }
  }
};

}  // namespace bench
