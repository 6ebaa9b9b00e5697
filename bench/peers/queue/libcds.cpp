// SPDX-License-Identifier: MIT
// libcds: its VyukovMPMCCycleQueue. It never waits, so the adapter yields. Capacities are powers of two
// and at least 2, so a queue asked to hold 1 holds 2.
#include <algorithm>
#include <thread>

#include <cds/container/vyukov_mpmc_cycle_queue.h>

#include "queue/bounded_queue.bench.hpp"

namespace {

template <class T>
class libcds_queue {
 public:
  using value_type = T;
  explicit libcds_queue(std::size_t capacity) : queue_(std::max<std::size_t>(capacity, 2)) {}

  [[gnu::always_inline]] void push(T item) {
    while (!queue_.enqueue(std::move(item))) std::this_thread::yield();
  }
  [[gnu::always_inline]] T pop() {
    T item;
    while (!queue_.dequeue(item)) std::this_thread::yield();
    return item;
  }

 private:
  cds::container::VyukovMPMCCycleQueue<T> queue_;
};

const bench::registration queues([] {
  bench::add_bounded_queue<libcds_queue<std::uint64_t>>("libcds");
  bench::add_move_only_queue<libcds_queue>("libcds");
});

}  // namespace
