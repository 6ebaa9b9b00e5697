// SPDX-License-Identifier: MIT
// unbounded_queue<T>: a first-in, first-out queue that grows, for any number of producers and consumers.
//
// Use it when a push must never wait: event handlers, log lines, results that are collected later.
// Use bounded_queue when producers can run ahead of consumers for long: memory is finite.
//
//   operation            progress                      order, exactness                 complexity  memory
//   push, emplace        never waits (1)               FIFO over all producers          O(1)        (2)
//   pop                  blocks while empty            FIFO; drains, then says closed   O(1)        none
//   try_push, try_pop    never sleeps (1)              empty is exact (3)               O(1)        as push
//   ..._for, ..._until   pops give up at a deadline    one last try at the deadline     O(1)        as push
//   push_n, pop_n        as push and pop               one claim for the items of one   O(n)        as push
//                                                      segment, which are contiguous
//   close                never waits                   every waiter wakes               O(waiters)  none
//   size                 never waits                   exact when quiet, never too low  O(1)        none
//   task_done, join      never waits; join blocks      join: until every item put is    O(1)        none
//                                                      marked done
//   (1) It is not lock-free: a thread stopped between claiming a cell and filling it holds up that cell.
//       No call spins on it: try_pop then returns busy, the others sleep. A call that loses a race yields. A
//       thread's first call takes a lock.
//   (2) Items lie in segments of up to 256 KiB, each item with a byte of its own. A segment is freed when its
//       last item is taken, and its memory goes back to the system. A drained queue keeps at most two segments,
//       one of them for reuse, and one more for each thread that protects the segment of its last call. Calls
//       allocate only when a segment is full, and a little in a thread's first call.
//   (3) Linearizable: a call reports empty only if the queue was so at some moment during the call.
//
// Operations and exceptions: queue_interface.hpp says what each takes, returns and throws. std::bad_alloc
// leaves the queue as it was and the value untouched; a batch that runs out of memory keeps what went in.
//
//   plait::unbounded_queue<std::string> lines;
//   std::jthread writer([&] {
//     while (const auto line = lines.pop()) std::cout << *line << '\n';
//   });
//   for (int i = 0; i < 3; ++i) lines.push("line " + std::to_string(i));  // returns at once
//   lines.close();                                                        // the writer writes what is left
//
// T: queue_element.
// Shared libraries: as for counter.
// Every call must have returned before the queue is destroyed. A child of fork() destroys it, or begins with
// reset_after_fork(): queue_interface.hpp says when it may.
// The interface is bounded_queue's, without capacity(); try_push never says full. Unlike Python's, a push after
// close() returns false instead of raising.
// Algorithm: a list of arrays whose cells are used once (as in FAAArrayQueue, except that claims never fail),
// and hazard pointers. Design note: docs/structures/unbounded_queue.md.
#pragma once

#include <memory>
#include <utility>

#include <plait/detail/queue/segment_list.hpp>
#include <plait/detail/sync.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// The operations are those of queue_interface; detail::segment_list holds the elements.
template <class T, class Allocator = std::allocator<T>>
class unbounded_queue : public queue_interface<detail::segment_list<T, Allocator>> {
  using base = queue_interface<detail::segment_list<T, Allocator>>;

 public:
  using allocator_type = Allocator;

  // Throws what the allocator throws.
  unbounded_queue() : unbounded_queue(Allocator()) {}
  explicit unbounded_queue(const Allocator& allocator) : base(std::in_place, allocator) {}
};

}  // namespace PLAIT_NAMESPACE
