// SPDX-License-Identifier: MIT
// bounded_queue<T>: a first-in, first-out queue of fixed capacity for any number of producers and consumers.
//
// Use it when producers must not run far ahead of consumers: pipelines, work queues, hand-over between threads.
// Use spsc_queue when there is one producer and one consumer; unbounded_queue when a push must never wait.
//
//   operation            progress                      order, exactness                 complexity  memory
//   push, emplace        blocks while full             FIFO over all producers          O(1)        none
//   pop                  blocks while empty            FIFO; drains, then says closed   O(1)        none
//   try_push, try_pop    never sleeps (1)              full and empty are exact (2)     O(1)        none
//   ..._for, ..._until   gives up at a deadline        one last try at the deadline     O(1)        none
//   push_n, pop_n        as push and pop               contiguous, one claim for all    O(n)        none
//   close                never waits                   every waiter wakes               O(waiters)  none
//   size                 wait-free                     exact when quiet; always within  O(1)        none
//                                                      0 .. capacity()
//   task_done, join      never waits; join blocks      join: until every item put is    O(1)        none
//                                                      marked done
//   All memory, capacity() slots, is allocated by the constructor and freed by the destructor.
//   (1) It is not lock-free: a thread stopped between claiming a slot and filling it holds up that slot.
//       No call spins on it: try_ calls then return busy, the others sleep. A call that loses a race yields.
//   (2) Linearizable: a call reports empty or full only if the queue was so at some moment during the call.
//
// Operations and exceptions: queue_interface.hpp says what each takes, returns and throws.
//
//   plait::bounded_queue<int> queue(8);
//   std::jthread producer([&] {
//     for (int i = 1; i <= 100; ++i) queue.push(i);  // waits while 8 are in flight
//     queue.close();                                 // no more: consumers drain what is left
//   });
//   int sum = 0;
//   while (std::optional<int> item = queue.pop()) sum += *item;
//
// T: queue_element.
// Every call must have returned before the queue is destroyed. A child of fork() destroys it, or begins with
// reset_after_fork(): queue_interface.hpp says when it may.
// The interface is that of P0260R22 and, beyond it, of Python's queue.Queue. Unlike P0260, try_ calls report
// full and empty only if that is true; unlike Python, a push after close() returns false instead of raising.
// Algorithm: a ring whose slots carry the lap in which they may be used (Vyukov's bounded queue, with
// laps instead of a power-of-two capacity). Design note: docs/structures/bounded_queue.md.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <plait/detail/queue/lap_ring.hpp>
#include <plait/detail/sync.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// The operations are those of queue_interface; detail::lap_ring holds the elements.
template <class T, class Allocator = std::allocator<T>>
class bounded_queue : public queue_interface<detail::lap_ring<T, Allocator>> {
  using ring = detail::lap_ring<T, Allocator>;
  using base = queue_interface<ring>;

 public:
  using allocator_type = Allocator;
  using typename base::size_type;

  // Throws std::invalid_argument if capacity is 0, std::length_error if it is above max_capacity(), and
  // what the allocator throws.
  explicit bounded_queue(size_type capacity, const Allocator& allocator = Allocator())
      : base(std::in_place, base::checked(capacity), allocator) {}

  // The largest capacity that the constructor accepts.
  static constexpr size_type max_capacity() noexcept { return ring::max_capacity; }
};

}  // namespace PLAIT_NAMESPACE
