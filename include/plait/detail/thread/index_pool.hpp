// SPDX-License-Identifier: MIT
// A pool of small numbers, the smallest free one first.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Numbers 0, 1, 2, ... that are taken, given back and taken again, the smallest free one first, so that they
// stay below the most that were in use at once. One pool in the process for each `Purpose`. Tests use a small
// Index to see it run out.
//
// What a thread does before it gives a number back happens before what the next taker does, by the pool's lock.
// In a child of fork() the lock is free, and the numbers of the parent's other threads stay taken for ever.
template <class Purpose, std::unsigned_integral Index = std::uint32_t>
class [[gnu::visibility("default")]] index_pool {
 public:
  using index = Index;

  // Throws std::bad_alloc, and std::length_error when 2^32 - 1 numbers are in use.
  static index take() {
    state& pool = sync::per_process<state>();
    const std::lock_guard guard(pool.lock);
    if (pool.free.empty()) {
      if (pool.next == std::numeric_limits<index>::max())
        throw std::length_error("plait: 2^32 - 1 counters or threads are alive; no number is left for another");
      // Room for every number taken so far, so that giving one back never fails.
      if (pool.free.capacity() <= pool.next)
        pool.free.reserve(std::max<std::size_t>(16, 2 * std::size_t{pool.next}));
      return pool.next++;
    }
    std::ranges::pop_heap(pool.free, std::greater<>());
    const index smallest = pool.free.back();
    pool.free.pop_back();
    return smallest;
  }

  static void give_back(index number) noexcept {
    state& pool = sync::per_process<state>();
    const std::lock_guard guard(pool.lock);
    pool.free.push_back(number);
    std::ranges::push_heap(pool.free, std::greater<>());
  }

 private:
  struct state {
    state() { sync::around_fork<&before_fork, &after_fork>(); }

    sync::mutex lock;
    std::vector<index> free;  // a heap, smallest first, with room for `next` numbers
    index next = 0;           // every number below has been taken at least once
  };

  static void before_fork() { sync::per_process<state>().lock.lock(); }
  static void after_fork() { sync::per_process<state>().lock.unlock(); }
};

}  // namespace PLAIT_NAMESPACE::detail
