// SPDX-License-Identifier: MIT
// relaxed_priority_queue<T>: a queue from which one of the smallest items comes out, for many threads at once.
//
// Use it when many threads take work by priority and the very smallest item is not worth waiting for: shortest
// paths, branch and bound, schedulers. Use priority_queue when the order has to be right.
//
//   operation            progress                      order, exactness                 complexity memory
//   push, emplace        waits only for locks          linearizable                     O(log n)   grows (1)
//   pop                  blocks while empty            nearly the smallest (2)          O(log n)   shrinks (1)
//   try_push, try_pop    waits only for locks          empty is exact                   O(log n)   as above
//   ..._for, ..._until   gives up at a deadline        one last try at the deadline     O(log n)   as above
//   push_n, pop_n        as push and pop, each item    as push and pop                  O(n log n) as above
//   close                waits only for locks          every waiter wakes               O(lanes)   none
//   size                 wait-free                     exact when quiet                 O(lanes)   none
//   task_done, join      never waits; join blocks      join: until every item put is    O(lanes)   none
//                                                      marked done
//   (1) One lane for each processor, at least two. Each has an array that doubles, and halves when three
//       quarters of it are free. Each keeps 16 KiB, or 64 places.
//   (2) How many smaller items stay inside depends on chance and has no bound. With two lanes it is 4 to 8 on
//       average, and about 100 with twice as many threads as processors;
//       `plait bench --filter relaxed_priority_queue/rank_error` measures it.
//
//   plait::relaxed_priority_queue<int> queue;
//   for (int i = 100; i != 0; --i) queue.push(i);
//   queue.close();
//   int sum = 0;
//   while (std::optional<int> item = queue.pop()) sum += *item;  // each of them once, the small ones early
//
// Exceptions: as priority_queue. The operations: queue_interface.hpp.
//
// T: queue_element; no value is reserved. Compare(const T&, const T&) is a strict weak order and runs under a
// lane's lock: it must not use the queue.
// Every call must have returned before the queue is destroyed. A child of fork() destroys it, or begins with
// reset_after_fork(): queue_interface.hpp says when it may.
// Algorithm: MultiQueue (Rihani, Sanders, Dementiev 2015; Williams, Sanders, Dementiev 2021): a pop takes the
// better of two heaps, and the thread stays there for some operations. Design note:
// docs/structures/relaxed_priority_queue.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <plait/detail/queue/heap_lanes.hpp>
#include <plait/detail/sync.hpp>
#include <plait/prioritized.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// The operations are those of queue_interface; detail::heap_lanes holds the elements.
template <class T, class Compare = std::less<>, class Allocator = std::allocator<T>>
class relaxed_priority_queue : public queue_interface<detail::heap_lanes<T, Compare, Allocator>> {
  using base = queue_interface<detail::heap_lanes<T, Compare, Allocator>>;
  static_assert(std::strict_weak_order<const Compare&, const T&, const T&>,
                "plait::relaxed_priority_queue: compare(a, b) must be callable with two const T&, and say "
                "whether a comes first");

 public:
  using value_compare = Compare;
  using allocator_type = Allocator;

  // Throws what the allocator throws.
  relaxed_priority_queue() : relaxed_priority_queue(Compare()) {}
  explicit relaxed_priority_queue(const Compare& compare, const Allocator& allocator = Allocator())
      : base(std::in_place, compare, allocator) {}
};

}  // namespace PLAIT_NAMESPACE
