// SPDX-License-Identifier: MIT
// lock_all: takes several locks at once, in any order, without deadlock.
//
// Use it where a function needs more than one lock: those of the two accounts between which money goes, or of
// all shards of a table. std::scoped_lock does that for a number of locks that is known, without deadlines.
// Where values are kept with their locks, apply() of synchronized_value does it.
//
//   operation                       progress                     promise
//   lock_all(locks...)              blocks until it has all      while it waits for one lock it holds none
//   lock_all(stop_token, locks...)  gives up at a stop request   all or none
//   try_lock_all(locks...)          waits for nothing            all or none
//   try_lock_all_for, _until        gives up at a deadline       all or none
//   ... (range)                     as above                     the same for a range of locks, or of pointers
//                                                                or std::reference_wrapper; allocates
//   A lock that is named twice is taken once. Cost: O(n) locks if nobody else wants them, O(n^2) comparisons of
//   addresses (a range: O(n log n)).
//
//   const auto transfer = [](account& from, account& to, long amount) {
//     const auto held = plait::lock_all(from.lock, to.lock);  // also if both are the same account
//     from.balance -= amount;
//     to.balance += amount;
//   };
//
// What is returned gives the locks back when it goes. It is true where it holds them: always, without a
// deadline or a stop token.
//
// Locks: any type with lock(), try_lock() and unlock(), also of several types at once. Deadlines and stop
// tokens are passed on to try_lock_until(time_point) and lock(stop_token) of a lock that has them; others are
// tried again and again, after naps of 50 us to 2 ms. No deadlock, whatever other threads do that take the same
// locks, one within the other, in any order: nothing is held by a thread that waits. That is no promise for
// locks that this thread holds already. If a lock throws, none is held, and so does lock_all. unlock() must not
// throw. Algorithm: wait for one, try the others; give all back if one is taken, and wait for that one next (H.
// Hinnant, "Dining philosophers rebooted"). Design note: docs/structures/lock_all.md.
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

// Locks that are given back when this goes, or none. Made by the functions below.
template <class Set>
class [[nodiscard]] held_locks {
 public:
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

  bool owns_locks() const noexcept { return holds_; }
  explicit operator bool() const noexcept { return holds_; }

  // Gives them back now.
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

template <detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto lock_all(Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {});
}

template <detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto lock_all(const std::stop_token& stop, Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {detail::deadline::never(), &stop});
}

template <detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all(Locks&... locks) {
  return detail::try_and_hold(detail::named_locks(locks...));
}

template <class Rep, class Period, detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_for(const std::chrono::duration<Rep, Period>& wait, Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {detail::deadline::after(wait)});
}

template <class Clock, class Duration, detail::lockable... Locks>
  requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_until(const std::chrono::time_point<Clock, Duration>& when, Locks&... locks) {
  return detail::wait_and_hold(detail::named_locks(locks...), {detail::deadline::at(when)});
}

// -- those of a range --

template <detail::range_of_locks Range>
[[nodiscard]] auto lock_all(Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {});
}

template <detail::range_of_locks Range>
[[nodiscard]] auto lock_all(const std::stop_token& stop, Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {detail::deadline::never(), &stop});
}

template <detail::range_of_locks Range>
[[nodiscard]] auto try_lock_all(Range&& range) {
  return detail::try_and_hold(detail::locks_of<Range>(range));
}

template <class Rep, class Period, detail::range_of_locks Range>
[[nodiscard]] auto try_lock_all_for(const std::chrono::duration<Rep, Period>& wait, Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {detail::deadline::after(wait)});
}

template <class Clock, class Duration, detail::range_of_locks Range>
[[nodiscard]] auto try_lock_all_until(const std::chrono::time_point<Clock, Duration>& when, Range&& range) {
  return detail::wait_and_hold(detail::locks_of<Range>(range), {detail::deadline::at(when)});
}

}  // namespace PLAIT_NAMESPACE
