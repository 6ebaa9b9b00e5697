// SPDX-License-Identifier: MIT
// lifo_queue<T>: a stack for any number of producers and consumers: the youngest item comes out first.
//
// Use it when the newest item is best handled first, while it is still in the cache: depth-first searches,
// free lists of buffers or connections. Old items may wait for ever: where that is wrong, use bounded_queue
// or unbounded_queue.
//
//   operation            progress                      order, exactness                 complexity memory
//   push, emplace        blocks while full             linearizable                     O(1)       grows (1)
//   pop                  blocks while empty            LIFO over all producers; drains  O(1)       shrinks (1)
//   try_push, try_pop    waits only for the lock (2)   full and empty are exact         O(1)       as above
//   ..._for, ..._until   gives up at a deadline        one last try at the deadline     O(1)       as above
//   push_n, pop_n        as push and pop               one lock for all (3)             O(n)       as above
//   close                waits only for the lock       every waiter wakes               O(waiters) none
//   size                 wait-free                     exact when quiet                 O(1)       none
//   task_done, join      never waits; join blocks      join: until every item put is    O(1)       none
//                                                      marked done
//   (1) One array that doubles, and halves when three quarters of it are free. It keeps 16 KiB, or 64 places.
//   (2) The lock is held for one operation. A push that finds it taken leaves its item in one of 15 places
//       beside the queue, pauses for 8 us and returns; it waits only if none is free, or the array or the
//       queue is nearly full. A try_push to a full queue from which a pop is taking an item returns busy.
//   (3) Other pops and pushes may come in between if T has a destructor.
//
//   plait::lifo_queue<std::string> trail;
//   trail.push("the door");
//   trail.push("the stairs");
//   trail.push("the attic");
//   trail.close();
//   while (auto place = trail.pop()) std::printf("back to %s\n", place->c_str());
//
// Exceptions: if a constructor of T or the allocator throws, the queue is as it was and so is a T that was to
// be pushed. A pop never throws for lack of memory. For the operations, and a T whose move may throw, see
// queue_interface.hpp.
//
// T: queue_element. If its move assignment is missing or may throw, a push that finds the lock taken waits.
// Every call must have returned before the queue is destroyed. A child of fork() destroys it, or begins with
// reset_after_fork(): queue_interface.hpp says when it may.
// Algorithm: an array under a lock that is one bit of a word, and an inbox in the same word.
// Design note: docs/structures/lifo_queue.md.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <plait/detail/queue/guarded_store.hpp>
#include <plait/detail/queue/item_stack.hpp>
#include <plait/detail/sync.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// The operations are those of queue_interface; detail::guarded_store holds the elements in a
// detail::item_stack.
template <class T, class Allocator = std::allocator<T>>
class lifo_queue : public queue_interface<detail::guarded_store<detail::item_stack<T, Allocator>>> {
  using store_type = detail::guarded_store<detail::item_stack<T, Allocator>>;
  using base = queue_interface<store_type>;

 public:
  using allocator_type = Allocator;
  using typename base::size_type;

  // Without a bound: capacity() is max_capacity().
  lifo_queue() : lifo_queue(Allocator()) {}
  explicit lifo_queue(const Allocator& allocator) : base(std::in_place, max_capacity(), allocator) {}

  // Throws std::invalid_argument if capacity is 0, std::length_error if it is above max_capacity().
  explicit lifo_queue(size_type capacity, const Allocator& allocator = Allocator())
      : base(std::in_place, base::checked(capacity), allocator) {}

  // The largest capacity that the constructor accepts.
  static constexpr size_type max_capacity() noexcept { return store_type::max_capacity; }
};

}  // namespace PLAIT_NAMESPACE
