// SPDX-License-Identifier: MIT
// xenium_vyukov: xenium's vyukov_bounded_queue, the fastest bounded rival. It never waits, so the adapter
// yields until it succeeds. It uses the weak calls, which fail while another thread uses the slot. Capacities
// are powers of two and at least 2, so a queue asked to hold 1 holds 2.
#include <algorithm>
#include <thread>

#include <xenium/vyukov_bounded_queue.hpp>

#include "queue/bounded_queue.bench.hpp"

namespace {

template <class T>
class xenium_vyukov {
 public:
  using value_type = T;
  explicit xenium_vyukov(std::size_t capacity) : queue_(std::max<std::size_t>(capacity, 2)) {}

  [[gnu::always_inline]] void push(T item) {
    while (!queue_.try_push_weak(std::move(item))) std::this_thread::yield();
  }
  [[gnu::always_inline]] T pop() {
    T item;
    while (!queue_.try_pop_weak(item)) std::this_thread::yield();
    return item;
  }

 private:
  xenium::vyukov_bounded_queue<T> queue_;
};

const bench::registration queues([] {
  bench::add_bounded_queue<xenium_vyukov<std::uint64_t>>("xenium_vyukov");
  bench::add_move_only_queue<xenium_vyukov>("xenium_vyukov");
});

}  // namespace
