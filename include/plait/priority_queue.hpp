// SPDX-License-Identifier: MIT
// priority_queue<T>: a queue whose smallest item comes out first, for any number of producers and consumers.
//
// Use it when the order of work is not the order of its arrival: deadlines, shortest job first, best first.
// Use relaxed_priority_queue when nearly the smallest will do and many threads take part.
//
//   operation            progress                      order, exactness                 complexity memory
//   push, emplace        blocks while full             linearizable                     O(log n)   grows (1)
//   pop                  blocks while empty            smallest first; drains           O(log n)   shrinks (1)
//   try_push, try_pop    waits only for the lock (2)   full and empty are exact         O(log n)   as above
//   ..._for, ..._until   gives up at a deadline        one last try at the deadline     O(log n)   as above
//   push_n, pop_n        as push and pop               one lock for all (3)             O(n log n) as above
//   close                waits only for the lock       every waiter wakes               O(waiters) none
//   size                 wait-free                     exact when quiet                 O(1)       none
//   task_done, join      never waits; join blocks      join: until every item put is    O(1)       none
//                                                      marked done
//   (1) One array that doubles, and halves when three quarters of it are free. It keeps 16 KiB, or 64 places.
//   (2) The lock is held for one operation. A push that finds it taken leaves its item in one of 15 places
//       beside the queue and returns; it waits only if none is free, or the array or the queue is nearly full.
//       A try_push to a full queue from which a pop is taking an item returns busy.
//   (3) Other operations may come in between if T has a destructor, or Compare may throw.
//
// Items that compare equal come out in any order, or with stable_order in the order of their pushes:
//
//   plait::priority_queue<plait::prioritized<int, std::string>> tasks;
//   tasks.push({3, "clean up"});
//   tasks.push({1, "alarm"});
//   tasks.push({2, "report"});
//   tasks.close();
//   while (auto task = tasks.pop()) std::printf("%d %s\n", task->priority, task->value.c_str());
//
// Exceptions: if a constructor of T, the comparator or the allocator throws, the queue is as it was and so is
// a T that was to be pushed. A pop never throws for lack of memory. For the operations, and a T whose move may
// throw, see queue_interface.hpp.
//
// T: queue_element. Compare(const T&, const T&) is a strict weak order and runs under the lock: it must not use
// the queue. If it is not noexcept, or T's move assignment is missing or may throw, a push that finds the lock
// taken waits.
// Every call must have returned before the queue is destroyed. A child of fork() destroys it, or begins with
// reset_after_fork(): queue_interface.hpp says when it may.
// Algorithm: a heap with four children a node under a lock that is one bit of a word, and an inbox in the same
// word. Design note: docs/structures/priority_queue.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <plait/detail/queue/guarded_store.hpp>
#include <plait/detail/queue/item_heap.hpp>
#include <plait/detail/sync.hpp>
#include <plait/order_of_equals.hpp>
#include <plait/prioritized.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// The operations are those of queue_interface; detail::guarded_store holds the elements in a
// detail::item_heap.
template <class T, class Compare = std::less<>, order_of_equals Equals = any_order,
          class Allocator = std::allocator<T>>
class priority_queue
    : public queue_interface<detail::guarded_store<detail::item_heap<T, Compare, Equals, Allocator>>> {
  using store_type = detail::guarded_store<detail::item_heap<T, Compare, Equals, Allocator>>;
  using base = queue_interface<store_type>;
  static_assert(
      std::strict_weak_order<const Compare&, const T&, const T&>,
      "plait::priority_queue: compare(a, b) must be callable with two const T&, and say whether a comes first");

 public:
  using value_compare = Compare;
  using allocator_type = Allocator;
  using typename base::size_type;

  // Without a bound: capacity() is max_capacity().
  priority_queue() : priority_queue(Compare()) {}
  explicit priority_queue(const Compare& compare, const Allocator& allocator = Allocator())
      : base(std::in_place, max_capacity(), compare, allocator) {}

  // Throws std::invalid_argument if capacity is 0, std::length_error if it is above max_capacity().
  explicit priority_queue(size_type capacity, const Compare& compare = Compare(),
                          const Allocator& allocator = Allocator())
      : base(std::in_place, base::checked(capacity), compare, allocator) {}

  // The largest capacity that the constructor accepts.
  static constexpr size_type max_capacity() noexcept { return store_type::max_capacity; }
};

}  // namespace PLAIT_NAMESPACE
