// SPDX-License-Identifier: MIT
// remote::queue<T>: first in, first out, at a server: any number of processes push and pop.
//
//   operation            trips (1)  result if it fails               what holds
//   push                 1          false: closed, or a stop was     once; first in, first out, as the
//                                   requested                        server saw them
//   try_push             1          full, closed, busy (2)
//   pop                  1 (3)      nothing: closed, none ready      at least once; in the order of the pushes,
//                                                                    after those that come again
//   try_pop              1          empty, closed, busy (2)
//   ..._for, ..._until   1 (3)      as try_; stopped                 waits while the connection is broken
//   pop_leased           1 (3)      as pop                           a lease<T>
//   task_done            0          throws std::logic_error (4)      told with the next call, or after 1 ms
//   close                1          waits for the connection         wakes all, in all processes
//   join                 1 (3)                                       all that was put is done or dead
//   size, empty,         1                                           at one moment during the call
//   is_closed, unfinished_tasks
//   (1) To the server; operations of several threads share them.
//   (2) The connection is broken at the moment; nothing was done.
//   (3) And one more after waiting, but for a pop to which the item is handed over.
//   (4) It marks the oldest item that this thread has popped from this object, and not with pop_leased.
//
// The capacity is exact, and counts what was never handed out: items that come back may exceed it.
//
// An item whose taker ends, or is silent for a lease, comes again, and counts its deliveries; after
// queue_options::delivery_limit it goes to the dead letters instead, with the reason, and counts as done. So
// does what cannot be decoded. A worker that was silent for so long and goes on has lost its leases: its
// task_done() changes nothing, and lost_leases() says so. No queue delivers exactly once what may crash
// halfway: make the work such that twice does no harm, or have it checked by lease::token().
//
// pop says `closed` when the queue is closed and nothing is ready. Items of a worker that dies later come
// back after that: whoever has to see the end calls join().
//
// Errors: remote::error, of which outcome_unknown is a push that was cut off and whose deadline passed before
// the connection was back. Everything else waits, and goes on where it was cut.
//
// Every call must have returned before the object is destroyed; that gives back what it had taken and not
// finished. T: encodable (codec.hpp). Unlike plait's other queues, nothing here is noexcept.
#pragma once

#include <plait/remote/codec.hpp>
#include <plait/remote/leased_queue.hpp>
#include <plait/remote/queue_end.hpp>
#include <plait/remote/queue_options.hpp>

namespace plait::remote {

template <encodable T>
struct in_order_of_pushes : codec<T> {
  static constexpr item_order order = item_order::of_pushes;
};

// The operations are those of leased_queue.
template <encodable T>
class queue : public leased_queue<T, in_order_of_pushes<T>> {
 public:
  using leased_queue<T, in_order_of_pushes<T>>::leased_queue;
};

}  // namespace plait::remote
