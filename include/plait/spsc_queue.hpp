// SPDX-License-Identifier: MIT
// spsc_queue<T>: a first-in, first-out queue of fixed capacity between one producer and one consumer.
//
// Use it for a stream between two threads: push and pop need few read-modify-writes and no fence.
// Use bounded_queue when there may ever be a second producer or consumer.
//
//   operation            progress                      order, exactness                 complexity  memory
//   push, emplace        blocks while full             FIFO                             O(1)        none
//   pop                  blocks while empty            FIFO; drains, then says closed   O(1)        none
//   try_push, try_pop    wait-free (1)                 full and empty are exact (2)     O(1)        none
//   ..._for, ..._until   gives up at a deadline        one last try at the deadline     O(1)        none
//   push_n, pop_n        as push and pop               one release for all              O(n)        none
//   reserve, commit      as push; commit: wait-free    in place, contiguous             O(1)        none
//   peek, consume        as pop; consume: wait-free    in place, contiguous             O(1)        none
//   close                never waits                   every waiter wakes               O(1)        none
//   size                 wait-free                     exact when quiet; always within  O(1)        none
//                                                      0 .. capacity()
//   task_done, join      never waits; join blocks      join: until every item put is    O(1)        none
//                                                      marked done
//   All memory, capacity() elements, is allocated by the constructor and freed by the destructor.
//   (1) One compare-and-swap a lap, and one for each push into a queue that is nearly full; no other
//       read-modify-write, and no fence where there is membarrier. Only a pop that finds the queue closed while
//       a push is under way has to wait for that push (try_pop returns busy).
//   (2) With respect to what happened before the call: a push that has just returned in another thread may not
//       be visible yet, unless it happens before the call.
//
// Operations and exceptions: queue_interface.hpp says what each takes, returns and throws.
//
//   plait::spsc_queue<int> queue(64);
//   std::jthread producer([&] {
//     for (int i = 1; i <= 100; ++i) queue.push(i);
//     queue.close();
//   });
//   int sum = 0;
//   while (std::optional<int> item = queue.pop()) sum += *item;
//
// T: queue_element. peek() needs a T that moves without throwing; reserve() one that is trivially default
// constructible and trivially destructible, and that moves without throwing.
// One thread at a time may push (reserve, commit), one may pop (peek, consume, close_and_discard); any thread
// may make all other calls. Threads that take turns at one end must synchronize, by a mutex or a join. A build
// with assertions (without NDEBUG) stops the program, with a message, when two push or pop at the same time.
// Every call must have returned before the queue is destroyed. A child of fork() destroys it, or begins with
// reset_after_fork(): queue_interface.hpp says when it may.
// Algorithm: a ring in which each side caches the other's position (Lamport's ring, with the cached positions
// of FastForward's successors); blocking by an asymmetric fence. Design note: docs/structures/spsc_queue.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/spsc_ring.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// The operations are those of queue_interface and, in place, those below; detail::spsc_ring holds the elements.
template <class T, class Allocator = std::allocator<T>>
class spsc_queue : public queue_interface<detail::spsc_ring<T, Allocator>> {
  using ring = detail::spsc_ring<T, Allocator>;
  using base = queue_interface<ring>;

 public:
  using allocator_type = Allocator;
  using typename base::size_type;

  // Throws std::invalid_argument if capacity is 0, std::length_error if it is above max_capacity(), and
  // what the allocator throws.
  explicit spsc_queue(size_type capacity, const Allocator& allocator = Allocator())
      : base(std::in_place, base::checked(capacity), allocator) {}

  // As in every queue. Always inline, since they are shorter than a call as a rule.
  using base::push;
  [[gnu::always_inline]] bool push(const T& value)
    requires std::copy_constructible<T>
  {
    return push_at_once(value);
  }
  [[gnu::always_inline]] bool push(T&& value) { return push_at_once(std::move(value)); }

  // Contiguous room for 1 to `max_count` elements, to be written in place; waits while there is none. commit()
  // puts the first `count` of them (at most the size of the span) into the queue. Empty if the queue is closed
  // or max_count is 0. Reserving again returns the same room.
  std::span<T> reserve(size_type max_count)
    requires std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T>
  {
    std::span<T> room;
    if (max_count != 0)
      wait_at(machinery().not_full(), [&]() noexcept { return machinery().store().reserve(max_count, room); });
    return room;
  }
  // As above, without waiting: empty also if the queue is full.
  std::span<T> try_reserve(size_type max_count) noexcept
    requires std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T>
  {
    std::span<T> room;
    if (max_count != 0) (void)machinery().store().reserve(max_count, room);
    return room;
  }
  // False, and nothing is put, if the queue is closed.
  bool commit(size_type count) noexcept {
    if (count == 0) return !this->is_closed();
    if (!machinery().store().commit(count)) return false;
    machinery().not_empty().notify_one();
    return true;
  }

  // The next 1 to `max_count` elements in place, contiguous; waits while there is none. They stay in the queue
  // until consume() removes the first `count` of them. Empty if the queue is closed and drained or max_count
  // is 0.
  std::span<T> peek(size_type max_count)
    requires std::is_nothrow_move_constructible_v<T>
  {
    std::span<T> items;
    if (max_count != 0)
      wait_at(machinery().not_empty(), [&]() noexcept { return machinery().store().peek(max_count, items); });
    return items;
  }
  // As above, without waiting: empty also if the queue is empty.
  std::span<T> try_peek(size_type max_count) noexcept
    requires std::is_nothrow_move_constructible_v<T>
  {
    std::span<T> items;
    if (max_count != 0) (void)machinery().store().peek(max_count, items);
    return items;
  }
  void consume(size_type count) noexcept {
    if (count == 0) return;
    machinery().store().consume(count);
    machinery().not_full().notify_one();
  }

  // The largest capacity that the constructor accepts.
  static constexpr size_type max_capacity() noexcept { return ring::max_capacity; }

 private:
  detail::waiting_store<ring>& machinery() noexcept { return detail::machinery_of<ring>(*this); }

  // Everything but success is left to the base.
  template <class Arg>
  [[gnu::always_inline]] bool push_at_once(Arg&& value) {
    if constexpr (ring::template constructs_in_slot<Arg>) {
      if (machinery().store().try_put(std::forward<Arg>(value)) == conqueue_status::success) [[likely]] {
        machinery().not_empty().notify_one();
        return true;
      }
    }
    detail::in_register<T, Arg> late = std::forward<Arg>(value);
    return base::push(std::forward<Arg>(late));
  }

  // Until `look` says something other than full, empty or busy.
  template <class Look>
  void wait_at(typename ring::event_count& events, Look look) {
    const auto attempt_once = [&]() noexcept { return detail::attempt_of(look()); };
    if (attempt_once() != detail::attempt::done) events.wait(attempt_once, {}, ring::batch_pace);
  }
};

}  // namespace PLAIT_NAMESPACE
