// SPDX-License-Identifier: MIT
// mutex_heap: std::mutex and std::priority_queue. It cannot wait for an item, so the adapter yields.
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "queue/priority_queue.bench.hpp"

namespace {

class mutex_heap {
 public:
  using value_type = std::uint64_t;
  explicit mutex_heap(std::size_t /*capacity*/ = 0) {}

  [[gnu::always_inline]] void push(std::uint64_t item) {
    const std::lock_guard lock(mutex_);
    items_.push(item);
  }
  [[gnu::always_inline]] std::uint64_t pop() {
    for (;; std::this_thread::yield()) {
      const std::lock_guard lock(mutex_);
      if (items_.empty()) continue;
      const std::uint64_t item = items_.top();
      items_.pop();
      return item;
    }
  }

 private:
  std::mutex mutex_;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> items_;
};

const bench::registration queues([] { bench::add_priority_queue<mutex_heap>("mutex_heap"); });

}  // namespace
