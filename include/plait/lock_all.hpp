// SPDX-License-Identifier: MIT
// lock_all: takes several locks at once, in any order, without deadlock.
//
// Use it where a function needs more than one lock: those of two accounts between which money is moved, or of
// all shards of a table. std::scoped_lock does that for a fixed number of locks, without deadlines. For values
// that are kept with their locks, use apply() of synchronized_value.
//
//   operation                       progress                     promise
//   lock_all(locks...)              blocks until it has all      while it waits for one lock it holds none
//   lock_all(stop_token, locks...)  gives up at a stop request   all or none
//   try_lock_all(locks...)          does not wait                all or none
//   try_lock_all_for, _until        gives up at a deadline       all or none
//   ... (range)                     as above                     the same for a range of locks, or of pointers
//                                                                or std::reference_wrapper; allocates
//   A lock that is named twice is taken once. Cost: O(n) locks if no other thread wants them, O(n^2)
//   comparisons of addresses (a range: O(n log n)).
//
//   const auto transfer = [](account& from, account& to, long amount) {
//     const auto held = plait::lock_all(from.lock, to.lock);  // also if both are the same account
//     from.balance -= amount;
//     to.balance += amount;
//   };
//
// The result releases the locks when it is destroyed. It converts to true if it holds them, which it always
// does without a deadline or a stop token.
//
// Locks: any types with lock(), try_lock() and unlock(), also several types at once. Deadlines and stop tokens
// are passed on to try_lock_until(time_point) and lock(stop_token) of a lock that has them; others are tried
// again and again, after sleeps of 50 us to 2 ms. There is no deadlock, even if other threads take the same
// locks one by one, in any order, because a thread that waits in here holds none. That does not cover locks
// that the calling thread holds already. If a lock throws, lock_all releases the others and throws too.
// unlock() must not throw.
// Algorithm: wait for one, try the others; if one is taken, release all and wait for that one next (H. Hinnant,
// "Dining philosophers rebooted"). Design note: docs/structures/lock_all.md.
#pragma once

#include <chrono>
#include <ranges>
#include <stop_token>
#include <utility>

#include <plait/detail/lock/lock_set.hpp>
#include <plait/detail/lock/take_all.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>

namespace PLAIT_NAMESPACE {

// Holds locks, or none, and releases them in its destructor. Made by the functions below.
template <class Set>
class [[nodiscard]] held_locks {
 public:
  // Takes over the locks of `other`, which then holds none.
  held_locks(held_locks&& other) noexcept
      : set_(std::move(other.set_)), holds_(std::exchange(other.holds_, false)) {}
  held_locks& operator=(held_locks&& other) noexcept {
    if (this != &other) {
      unlock();
      set_ = std::move(other.set_);
      holds_ = std::exchange(other.holds_, false);
    }
    return *this;
  }
  ~held_locks() { unlock(); }

  // Whether it holds locks.
  bool owns_locks() const noexcept { return holds_; }
  explicit operator bool() const noexcept { return holds_; }

  // Releases the locks now.
  void unlock() noexcept {
    if (std::exchange(holds_, false)) detail::give_back_all(set_);
  }

  // For the functions below. `holds`: the caller has taken them.
  held_locks(Set&& set, bool holds) noexcept : set_(std::move(set)), holds_(holds) {}

 private:
  Set set_;
  bool holds_;
};

namespace detail {

template <class Set>
held_locks<Set> wait_and_hold(Set set, const wait_limits& limits) {
  const bool holds = take_all(set, limits);
  return {std::move(set), holds};
}

template <class Set>
held_locks<Set> try_and_hold(Set set) {
  const bool holds = try_all(set);
  return {std::move(set), holds};
}

template <class Range>
using locks_of = listed_locks<lock_in<Range>>;

}  // namespace detail

// -- locks by name --

// Takes all locks, and returns a held_locks.
template <detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto lock_all(Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {});
}

// As above; a stop request ends the wait: then it holds none.
template <detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto lock_all(const std::stop_token& stop, Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {detail::deadline::never(), &stop});
}

// Without waiting; holds none if another thread has one of the locks.
template <detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all(Locks&... locks) {
  return detail::try_and_hold(detail::named_locks(locks...));
}

// Waits until the deadline; then it holds none.
template <class Rep, class Period, detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_for(const std::chrono::duration<Rep, Period>& wait, Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {detail::deadline::after(wait)});
}

// The same with a point in time.
template <class Clock, class Duration, detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_until(const std::chrono::time_point<Clock, Duration>& when, Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {detail::deadline::at(when)});
}

// -- locks of a range --

// Takes all locks of a range, and returns a held_locks. Throws std::bad_alloc.
template <detail::range_of_locks Range>
[[nodiscard]] auto lock_all(Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {});
}

// As above; a stop request ends the wait: then it holds none.
template <detail::range_of_locks Range>
[[nodiscard]] auto lock_all(const std::stop_token& stop, Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {detail::deadline::never(), &stop});
}

// Without waiting; holds none if another thread has one of the locks.
template <detail::range_of_locks Range>
[[nodiscard]] auto try_lock_all(Range&& range) {
  return detail::try_and_hold(detail::locks_of<Range>(range));
}

// Waits until the deadline; then it holds none.
template <class Rep, class Period, detail::range_of_locks Range>
[[nodiscard]] auto try_lock_all_for(const std::chrono::duration<Rep, Period>& wait, Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {detail::deadline::after(wait)});
}

// The same with a point in time.
template <class Clock, class Duration, detail::range_of_locks Range>
[[nodiscard]] auto try_lock_all_until(const std::chrono::time_point<Clock, Duration>& when, Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {detail::deadline::at(when)});
}

}  // namespace PLAIT_NAMESPACE
