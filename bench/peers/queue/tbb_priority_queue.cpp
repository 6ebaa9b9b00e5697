// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_priority_queue. It never waits for an item, so the adapter yields.
#include <functional>
#include <thread>

#include <tbb/concurrent_priority_queue.h>

#include "queue/priority_queue.bench.hpp"

namespace {

class tbb_priority_queue {
 public:
  using value_type = std::uint64_t;
  explicit tbb_priority_queue(std::size_t /*capacity*/ = 0) {}

  [[gnu::always_inline]] void push(std::uint64_t item) { queue_.push(item); }
  [[gnu::always_inline]] std::uint64_t pop() {
    std::uint64_t item = 0;
    while (!queue_.try_pop(item)) std::this_thread::yield();
    return item;
  }

 private:
  tbb::concurrent_priority_queue<std::uint64_t, std::greater<>> queue_;
};

const bench::registration queues([] { bench::add_priority_queue<tbb_priority_queue>("tbb"); });

}  // namespace
