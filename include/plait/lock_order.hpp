// SPDX-License-Identifier: MIT
// lock_order: finds locks that are taken in orders that can deadlock, at the first time, before anything hangs.
//
// Use it in tests, and in production where 3 to 6 ns a lock are nothing: write checked<M> for a mutex M of any
// library, std's included, and guards as before. The first time that two locks are taken in an order that
// contradicts what was seen before, by whatever threads, both places are reported.
// checked<M, false> is an M and costs nothing: let a constant of yours decide.
//
//   operation         progress      what is checked                                          memory
//   lock              as M (1)      the order; ranks and leaves; whether the thread holds    see below
//                                   it already; whether threads wait in a circle (2)
//   lock_shared       as M (1)      the same, and sharing again what the thread shares       see below
//   try_lock, and     as M          nothing: they give up by themselves. What is locked      see below
//     timed ones                    while such a lock is held is checked
//   unlock            as M          whether the thread holds it                              none
//   a thread's end    blocks        whether it holds a lock                                  gives back
//   constructor       wait-free     (constexpr if M's is)                                    none
//   destructor        blocks (3)    forgets what was known of a lock without a name          gives back
//   Memory: 32 bytes for each lock besides M; 300 bytes for each thread, more if it holds more than 8 locks at
//   once; 64 KiB for the process; and for each two classes of which one was taken under the other, 500 bytes.
//   (1) A nesting that is new for the thread takes a lock of the process and some microseconds. One that is
//       known takes none, whatever other threads do.
//   (2) Looked at when the lock was not to be had for about a microsecond, just before the thread falls asleep:
//       the last of those in the circle is told.
//   (3) If the lock was ever nested with another.
//
//   plait::checked<std::mutex> accounts("accounts"), audit("audit");
//   const auto book = [&] {
//     const std::scoped_lock account(accounts);
//     const std::scoped_lock log(audit);
//   };
//   const auto check = [&] {
//     const std::scoped_lock log(audit);
//     const std::scoped_lock account(accounts);
//   };
//   std::thread(book).join();
//   std::thread(check).join();  // nothing hangs, this time; the report has both threads and both places
//
// Locks of one name are one class: what is seen of one holds for all, and two of them at once have no order,
// unless lock_all or std::scoped_lock takes them. A lock without a name is a class of its own.
//   lock_rank(n)  a lock is only taken under those of lower rank
//   lock_key(n)   a lock is only taken under those of its class that have lower keys
//   leaf_lock     nothing is taken under it; it costs the graph nothing
//
// Not reported, unless report_from(lock_certainty::unlikely): what only one thread was ever seen doing, and
// what threads do while a third lock keeps them apart. Both are looked at again when that changes.
// Modes: off, log, throw_error, abort; a handler gets the report instead of standard error. merge_json() adds
// what other runs have seen.
//
// Exceptions: what M throws; std::bad_alloc and std::system_error at the first lock of a thread or of a name,
// when a thread holds more locks than ever before, and for a report; lock_order_error in that mode, and what a
// handler throws. The lock is not taken then. The names of classes are kept as long as the process lives.
// Nothing of it may be called in a signal handler. A child of fork() goes on checking. A condition variable
// waits with it if it takes any lock: std::condition_variable_any. Every call must have returned before the
// lock is destroyed. Shared libraries: as for counter.
// Stacks name functions unless the program was stripped; then they have addresses for addr2line.
//
// M: lock, try_lock and unlock, and what else the standard's mutexes have, and plait's. Upgrades (lock_upgrade
// of shared_mutex, and what belongs to it) are not wrapped: only checked<M, false> and underlying() have them.
// A mutex that its holder may lock again is known as such if it is one of theirs.
// Algorithm: each thread's stack of held locks, a hash of it that says whether the nesting is known, and a
// graph of classes that is kept in topological order. Design note: docs/structures/lock_order.md.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <plait/detail/lock/lock_stack.hpp>
#include <plait/detail/lock/order_checker.hpp>
#include <plait/detail/lock/order_texts.hpp>
#include <plait/detail/sync.hpp>
#include <plait/lock_order_report.hpp>
#include <plait/until_signal.hpp>

namespace PLAIT_NAMESPACE {

class mutex;
class recursive_mutex;
class shared_mutex;

// Declares a lock to be taken only under locks of lower rank. 0: none.
struct lock_rank {
  // Of this value.
  explicit constexpr lock_rank(int rank) noexcept : value(rank) {}
  int value;  // as it was given
};
// Declares a lock to be taken only under those of its class that have lower keys: the account's number, say.
struct lock_key {
  // Of this value.
  explicit constexpr lock_key(std::int64_t key) noexcept : value(key) {}
  std::int64_t value;  // as it was given
};
// Declares a lock to be the last: nothing is taken under it.
struct leaf_lock_t {};
// For the constructor of checked.
inline constexpr leaf_lock_t leaf_lock{};

// An M whose use is checked.
template <class M, bool IsChecked = true>
class PLAIT_CAPABILITY("mutex") checked {
  static constexpr detail::lock_kind kind{
      .is_recursive = detail::sync::locks_recursively<M> || std::same_as<M, recursive_mutex>,
      .runs_other_code = !detail::sync::is_of_the_standard<M> && !std::same_as<M, mutex> &&
                         !std::same_as<M, recursive_mutex> && !std::same_as<M, shared_mutex>};

 public:
  using mutex_type = M;

  // A class of its own.
  constexpr checked() = default;
  // One of the class of that name, which lives as long as the lock: a literal, say.
  explicit constexpr checked(const char* name) : identity_{.name = name} {}
  constexpr checked(const char* name, lock_rank rank)
      : identity_{.name = name,
                  .rule = rank.value != 0 ? detail::lock_rule::rank : detail::lock_rule::none,
                  .place = rank.value} {}
  constexpr checked(const char* name, lock_key key)
      : identity_{.name = name, .rule = detail::lock_rule::key, .place = key.value} {}
  constexpr checked(const char* name, leaf_lock_t) : identity_{.name = name, .rule = detail::lock_rule::leaf} {}
  checked(const checked&) = delete;
  checked& operator=(const checked&) = delete;
  ~checked() { checker::forget(identity_); }

  // As M's. Throws lock_order_error in that mode, and is not locked then.
  void lock() PLAIT_ACQUIRES() {
    checker::template lock<kind, false>(
        identity_, [this] { return mutex_.try_lock(); }, [this]() PLAIT_UNANALYZED { mutex_.lock(); });
  }
  [[nodiscard]] PLAIT_ACQUIRES_IF_TRUE bool lock(const std::stop_token& stop)
    requires requires(M& mutex) {
      { mutex.lock(stop) } -> std::convertible_to<bool>;
    }
  {
    return checker::template lock_or_stop<kind, false>(identity_, [&] { return mutex_.lock(stop); });
  }

  // As M's: they give up by themselves, so they are not checked, but what is locked under them is.
  [[nodiscard]] bool try_lock() PLAIT_ACQUIRES_IF_TRUE {
    return checker::template try_lock<kind, false>(identity_, [this] { return mutex_.try_lock(); });
  }
  template <class Rep, class Period>
  [[nodiscard]] PLAIT_ACQUIRES_IF_TRUE bool try_lock_for(const std::chrono::duration<Rep, Period>& time)
    requires requires(M& mutex) { mutex.try_lock_for(time); }
  {
    return checker::template try_lock<kind, false>(identity_, [&] { return mutex_.try_lock_for(time); });
  }
  template <class Clock, class Duration>
  [[nodiscard]] PLAIT_ACQUIRES_IF_TRUE bool try_lock_until(const std::chrono::time_point<Clock, Duration>& time)
    requires requires(M& mutex) { mutex.try_lock_until(time); }
  {
    return checker::template try_lock<kind, false>(identity_, [&] { return mutex_.try_lock_until(time); });
  }
  template <class Clock, class Duration>
  [[nodiscard]] PLAIT_ACQUIRES_IF_TRUE bool try_lock_until(const std::chrono::time_point<Clock, Duration>& time,
                                                           until_signal also)
    requires requires(M& mutex) { mutex.try_lock_until(time, also); }
  {
    return checker::template try_lock<kind, false>(identity_,
                                                   [&] { return mutex_.try_lock_until(time, also); });
  }
  // As M's. What is reported cannot be thrown: it is printed.
  void unlock() PLAIT_RELEASES() {
    checker::before_unlock(identity_);
    mutex_.unlock();
  }

  // The same for sharing.
  void lock_shared()
    requires requires(M& mutex) { mutex.lock_shared(); }
  {
    checker::template lock<kind, true>(
        identity_, [this] { return mutex_.try_lock_shared(); }, [this] { mutex_.lock_shared(); });
  }
  [[nodiscard]] bool lock_shared(const std::stop_token& stop)
    requires requires(M& mutex) {
      { mutex.lock_shared(stop) } -> std::convertible_to<bool>;
    }
  {
    return checker::template lock_or_stop<kind, true>(identity_, [&] { return mutex_.lock_shared(stop); });
  }
  [[nodiscard]] bool try_lock_shared()
    requires requires(M& mutex) { mutex.try_lock_shared(); }
  {
    return checker::template try_lock<kind, true>(identity_, [this] { return mutex_.try_lock_shared(); });
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& time)
    requires requires(M& mutex) { mutex.try_lock_shared_for(time); }
  {
    return checker::template try_lock<kind, true>(identity_, [&] { return mutex_.try_lock_shared_for(time); });
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& time)
    requires requires(M& mutex) { mutex.try_lock_shared_until(time); }
  {
    return checker::template try_lock<kind, true>(identity_,
                                                  [&] { return mutex_.try_lock_shared_until(time); });
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& time,
                                           until_signal also)
    requires requires(M& mutex) { mutex.try_lock_shared_until(time, also); }
  {
    return checker::template try_lock<kind, true>(identity_,
                                                  [&] { return mutex_.try_lock_shared_until(time, also); });
  }
  void unlock_shared()
    requires requires(M& mutex) { mutex.unlock_shared(); }
  {
    checker::before_unlock(identity_);
    mutex_.unlock_shared();
  }

  // What is wrapped. What is done to it directly is not seen.
  M& underlying() noexcept { return mutex_; }

 private:
  using checker = detail::order_checker;

  M mutex_;
  detail::lock_identity identity_;
};

// Without the checks: an M that takes the same arguments.
template <class M>
class checked<M, false> : public M {
 public:
  using mutex_type = M;

  // As M's.
  constexpr checked() = default;
  // The name is not used.
  explicit constexpr checked(const char*) {}
  constexpr checked(const char*, lock_rank) {}
  constexpr checked(const char*, lock_key) {}
  constexpr checked(const char*, leaf_lock_t) {}

  // Itself.
  M& underlying() noexcept { return *this; }
};

// What the checks do, for the whole process.
namespace lock_order {

// At the beginning: log. What was reported in another mode is thrown, too, when it happens again.
inline void set_mode(lock_order_mode mode) {
  detail::order_checker::of_the_process().set_mode(mode);
}
inline lock_order_mode mode() {
  return detail::order_checker::of_the_process().mode();
}

// At the beginning: possible, so that what is unlikely is not reported.
inline void report_from(lock_certainty least) {
  detail::order_checker::of_the_process().set_least_certainty(least);
}

// Has `handler` called with every report, instead of printing it; null: it is printed. The locks that it takes
// are not checked. In the modes throw_error and abort the rest follows when it has returned.
inline void on_report(std::function<void(const lock_order_report&)> handler) {
  detail::order_checker::of_the_process().set_handler(std::move(handler));
}

// Has `callers`, which live as long as the process and are never changed, say who takes a lock.
inline void describe_callers(const lock_order_callers& callers) {
  detail::order_checker::of_the_process().set_callers(callers);
}

// For tests: whoever takes a lock while it holds another one sleeps before that, for a random time up to this,
// so that threads meet which else hardly ever do. 0, as at the beginning, or less: nobody does.
inline void delay_at_random(std::chrono::nanoseconds longest) {
  detail::order_checker::of_the_process().set_longest_delay(longest);
}

// Every class, and which was seen to be taken under which: as JSON, or for Graphviz.
inline std::string to_json() {
  return detail::as_json(detail::order_checker::of_the_process().look());
}
inline std::string to_dot() {
  return detail::as_dot(detail::order_checker::of_the_process().look());
}

// Adds what another run or process has written with to_json(), so that orders which contradict each other are
// reported although no run has seen both. Classes are the same if they have the same name; threads are others
// than those of this process. Throws std::invalid_argument if the text is something else: then it adds nothing.
inline void merge_json(std::string_view text) {
  detail::order_checker::of_the_process().merge(detail::from_json(text));
}

// How many reports there were.
inline std::uint64_t reports() {
  return detail::order_checker::of_the_process().reports();
}

}  // namespace lock_order

}  // namespace PLAIT_NAMESPACE
