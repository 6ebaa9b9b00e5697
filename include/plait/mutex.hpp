// SPDX-License-Identifier: MIT
// mutex: a lock of eight bytes with deadlines and stop tokens, which passes no thread over for long.
//
// Use it where std::mutex or std::timed_mutex would do: std::lock_guard, std::unique_lock, std::scoped_lock and
// std::condition_variable_any take it. Use recursive_mutex where a function that holds the lock calls another
// one that takes it, synchronized_value to keep a value and its lock together, and lock_all to take several.
//
//   operation            progress                      promise
//   lock                 blocks while another has it   after 1 ms no newcomer gets it before a sleeper (1)
//   try_lock             lock-free                     false only if a thread has it, or is being given it
//   try_lock_for,        gives up at a deadline        one last try at the deadline
//     try_lock_until                              or a signal: see until_signal
//   lock(stop_token)     gives up at a stop request    one last try at the request
//   unlock               lock-free                     a system call only if a thread sleeps
//   constructor          constexpr                     may be a global: constinit plait::mutex m;
//   Memory: 8 bytes, and no allocation. Nothing throws.
//   (1) Until then, any thread that finds the lock free takes it, which makes locks fast. From then on unlock()
//       hands it over, in the order in which threads fell asleep, until no thread has slept that long.
//
//   plait::mutex door;
//   long inside = 0;
//   const auto enter = [&] {
//     for (int i = 0; i < 1000; ++i) {
//       const std::lock_guard hold(door);
//       ++inside;
//     }
//   };
//   {
//     const std::jthread first(enter), second(enter);
//   }
//   std::printf("%ld\n", inside);  // 2000
//
// unlock() happens before the next lock(). A thread that locks a mutex that it holds waits for ever; only the
// thread that has locked it may unlock it. An assertion reports unlock() of a mutex that is not locked.
// A thread that has the lock while no other waits may unlock and destroy the mutex, even if the unlock() that
// let it in has not returned yet. In a child of fork() a mutex that another thread held stays locked, and one
// that another thread waited for may wake nobody: there it may only be destroyed.
// Not for signal handlers, and not between processes. For Clang's -Wthread-safety it is a capability.
// Algorithm: a futex word with a count of sleepers, of whom at most one is being woken, and a hand-over to
// those that have slept too long. Design note: docs/structures/mutex.md.
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <stop_token>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/detail/wait/limited_sleep.hpp>
#include <plait/until_signal.hpp>

namespace PLAIT_NAMESPACE {

// word_:
//   bits 31 .. 3   sleepers: threads that sleep, are about to, or have just been woken
//   bit 2          given: locked, and only a sleeper may take it. No thread holds the lock meanwhile
//   bit 1          waking: a woken sleeper has not looked at the word yet, so unlock() need not wake another
//   bit 0          locked
//
//   0                        free, no sleepers
//   locked                   held, no sleepers: unlock() is one compare-exchange
//   sleepers                 free; a newcomer may take it before the woken sleeper
//   locked, sleepers         held; unlock() sets `waking` and wakes one
//   locked, given, sleepers  unlock() has found that a sleeper has waited too long; `waking` is set, too
//
// No wake-up is lost. A thread falls asleep only on a word that is locked, and in which it is counted. If
// `waking` is clear in that word, the next unlock() changes it and wakes a sleeper: this one or an older one.
// If it is set, a sleeper is awake that was counted before: an unlock() has set the bit and then woken one, or
// found the kernel's queue empty because the word had changed before any of them got there. The awake one takes
// the lock or, in the same step in which it clears `waking`, finds it held and sleeps again; so the next
// unlock() wakes again. A thread that gives up clears `waking` too, or takes the lock that it was given.
//
// One thread cannot rely on that: one that has counted itself in a word with `waking`, and is late. Before it
// is asleep, the awake one may have gone, an unlock() may have set the bit for this thread, and another one may
// have counted itself, so that the word is again what this thread expects. So this sleep, and only this one, is
// bounded: after `longest_doubt` the thread looks, like one that was woken.
//
// Edges:  guarded   word_   release in unlock -> acquire in lock: what was done under the lock before
class PLAIT_CAPABILITY("mutex") mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() noexcept PLAIT_ACQUIRES() {
    if (!take()) [[unlikely]]
      wait_and_lock({});
  }

  void unlock() noexcept PLAIT_RELEASES() {
    bits found = locked;
    if (!word_.compare_exchange_strong(found, 0, detail::sync::release,      // release guarded
                                       detail::sync::relaxed)) [[unlikely]]  // relaxed: tried again there
      unlock_and_wake(found);
  }

  [[nodiscard]] bool try_lock() noexcept PLAIT_ACQUIRES_IF_TRUE { return take(); }

  // False if the lock is not free at the deadline, or at the call if the deadline has passed.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& wait) noexcept
      PLAIT_ACQUIRES_IF_TRUE {
    return try_lock() || wait_and_lock({detail::deadline::after(wait)});
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) noexcept
      PLAIT_ACQUIRES_IF_TRUE {
    return try_lock() || wait_and_lock({detail::deadline::at(when)});
  }

  // The same, and false too if the lock is not free after a signal handler, installed without SA_RESTART, has
  // run in this thread while it slept. A handler that runs just before ends nothing.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when,
                                    until_signal) noexcept PLAIT_ACQUIRES_IF_TRUE {
    return try_lock() || wait_and_lock(detail::limits_until_signal{{detail::deadline::at(when)}});
  }

  // False if the lock is not free when a stop is requested.
  [[nodiscard]] bool lock(const std::stop_token& stop) noexcept PLAIT_ACQUIRES_IF_TRUE {
    return try_lock() || wait_and_lock({detail::deadline::never(), &stop});
  }

 private:
  using bits = std::uint32_t;
  static constexpr bits locked = 1;
  static constexpr bits waking = 2;
  static constexpr bits given = 4;
  static constexpr bits one_sleeper = 8;
  static constexpr std::chrono::microseconds longest_awake{50};
  // Longer than nearly all of these sleeps, because a thread that ends one by itself has lost its place.
  static constexpr std::chrono::milliseconds longest_doubt{8};
  // Each but the first yields, which puts a thread behind the others by a time slice.
  static constexpr int looks_awake = detail::sync::attempts(5);

  // A time in units of 65.5 us. It wraps after 4 s: once in 4096 times, a wait longer than that looks short.
  using ticks = std::uint16_t;
  static constexpr ticks patience = 16;  // 1 ms
  static ticks now() noexcept {
    return static_cast<ticks>(detail::sync::clock::now().time_since_epoch().count() >> 16);
  }
  static bool is_long_ago(ticks then) noexcept { return static_cast<ticks>(now() - then) >= patience; }

  // The bit `locked` is clear only if the lock is free, whatever the other bits say.
  bool take() noexcept {
    return (word_.fetch_or(locked, detail::sync::acquire) & locked) == 0;  // acquire guarded
  }

  // As take(), without taking the cache line from other threads if the lock is not free.
  bool take_if_free() noexcept {
    // relaxed: take() decides
    return (word_.load(detail::sync::relaxed) & locked) == 0 && take();
  }

  template <class Limits = detail::wait_limits>
  [[gnu::noinline]] bool wait_and_lock(Limits limits) noexcept {
    const ticks begin = now();
    const auto look = [this]() noexcept {
      return take_if_free() ? detail::attempt::done : detail::attempt::blocked;
    };
    // A thread that yields, and does not get its processor back soon, sleeps, to have a place in the order.
    const detail::deadline awake_until = limits.until.or_after(longest_awake);
    if (detail::try_awake(look, awake_until, detail::pace_of_items, looks_awake)) return true;

    const detail::limited_sleep sleeper(limits);
    bits counted = 0;  // one_sleeper while this thread is counted in word_
    bool is_overdue = false;
    bits found = word_.load(detail::sync::relaxed);  // relaxed: the compare-exchange decides, or the kernel
    for (bool gives_up = limits.are_over();;) {
      const bool takes = (found & locked) == 0 || (counted != 0 && (found & given) != 0);
      bits next = counted != 0 ? (found & ~waking) - counted : found;
      if (takes) {
        next = (next | locked) & ~given;
      } else if (!gives_up) {
        if (found < one_sleeper) since_.store(begin, detail::sync::relaxed);  // relaxed: see since_
        next += one_sleeper;
      }
      if (next != found && !word_.compare_exchange_weak(found, next, detail::sync::acquire,  // acquire guarded
                                                        detail::sync::relaxed))  // relaxed: tried again
        continue;
      if (takes || gives_up) {
        if (is_overdue) overdue_.fetch_sub(1, detail::sync::relaxed);           // relaxed: see overdue_
        if (takes && counted != 0) since_.store(begin, detail::sync::relaxed);  // relaxed: see since_
        return takes;
      }
      if (counted != 0 && !is_overdue && is_long_ago(begin)) {
        overdue_.fetch_add(1, detail::sync::relaxed);  // relaxed: see overdue_
        is_overdue = true;
      }
      counted = one_sleeper;
      const bool is_in_doubt = (next & waking) != 0;
      gives_up = detail::ends_wait(
          sleeper.on(word_, next, is_in_doubt ? limits.until.or_after(longest_doubt) : limits.until), limits);
      found = word_.load(detail::sync::relaxed);  // relaxed: as above
    }
  }

  // The last change of word_ is the last use of the mutex, because the thread that it lets in may destroy it.
  [[gnu::noinline]] void unlock_and_wake(bits found) noexcept {
    assert((found & locked) != 0 && "plait::mutex: unlock() of a mutex that nobody has locked");
    const detail::sync::futex_place sleepers = detail::sync::place_of(word_);
    bool wakes;
    bits next;
    do {
      const bool has_sleepers = found >= one_sleeper;
      const bool gives = has_sleepers && one_has_waited_too_long();
      wakes = has_sleepers && (found & waking) == 0;
      next = (gives ? found | given : found & ~locked) | (wakes ? waking : 0);
    } while (!word_.compare_exchange_weak(found, next, detail::sync::release,  // release guarded
                                          detail::sync::relaxed));  // relaxed: tried again
    if (wakes) detail::sync::futex_wake_at(sleepers, 1);
  }

  bool one_has_waited_too_long() const noexcept {
    return overdue_.load(detail::sync::relaxed) != 0 ||      // relaxed: see below
           is_long_ago(since_.load(detail::sync::relaxed));  // relaxed: see below
  }

  detail::sync::atomic<bits> word_{0};  // see the table above
  // Which sleepers have waited for longer than `patience`. A sleeper that has not been woken cannot say so, and
  // one that has been woken may not get a processor: so unlock() looks at the clock. These two decide only who
  // is next, never whether one is woken, so they need no order.
  detail::sync::atomic<ticks> overdue_{0};  // sleepers that were woken in vain, and have waited that long
  detail::sync::atomic<ticks> since_{0};    // the others have waited since then, or for a shorter time
};

}  // namespace PLAIT_NAMESPACE
