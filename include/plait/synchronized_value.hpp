// SPDX-License-Identifier: MIT
// synchronized_value<T>: a value that can only be reached while its lock is held.
//
// Use it instead of a value with a mutex beside it that every user has to remember. The free function apply()
// locks several of them at once, in any order. Use counter, keyed_counter or a queue where that suffices.
//
//   operation              progress                     promise
//   apply(f, a, b, ...)    blocks until it has all      f(values...) under all locks; no deadlock
//   with(f), lock()        blocks while another has it  f(value) under the lock; a guard with * and ->
//   read(f), rlock()       blocks while another writes  the same for const, together with other readers if the
//                                                       Mutex has lock_shared()
//   load, store, exchange  as read, with, with          returns a copy; replaces the value; both at once
//   update(f)              as with                      value = f(value), or as it was if f throws
//   wait(pred)             blocks until pred(value)     a guard, and pred holds; tested after each change
//   wait(stop_token, pred) gives up at a stop request   an empty guard if pred does not hold
//   wait_for, wait_until   gives up at a deadline       an empty guard if pred does not hold
//   Memory: the value, the Mutex and 8 bytes. Cost: that of the lock, and a load to see whether a thread waits.
//
//   plait::synchronized_value<std::vector<std::string>> names;
//   names.with([](auto& list) { list.push_back("Ada"); });
//   names.lock()->push_back("Grace");
//   const std::size_t count = names.read([](const auto& list) { return list.size(); });
//
// A reference that was got through a guard, or that f returns, must not outlive the guard, nor a guard the
// value: bind the guard to a name before a loop over the value. Clang warns of the simple cases. The value
// itself has no operator->: two uses in a row would lock twice, with changes by other threads in between. If f
// or pred throws, so does the call, and the value stays as they left it. They run under the lock, so they must
// not use the same synchronized_value, unless the Mutex is recursive. Every change wakes all waiters. Every
// call must have returned, and every guard be gone, before the value is destroyed. T: an object type; load()
// copies it, store() and exchange() move it. Mutex: lock(), try_lock(), unlock(); if it has neither deadlines
// nor stop tokens, waits try again after sleeps of 50 us to 2 ms while another thread has it. apply() and the
// constructor are those of the Concurrency TS 2 (P0290); apply() takes const values too.
// Algorithm: an event count, whose order is that of the lock. Design note:
// docs/structures/synchronized_value.md.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/lock/lock_set.hpp>
#include <plait/detail/lock/take_all.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

namespace PLAIT_NAMESPACE {

namespace detail {

template <class Mutex>
concept shared_lockable = lockable<Mutex> && requires(Mutex& mutex) {
  mutex.lock_shared();
  mutex.unlock_shared();
};

struct value_access;

// Locks a value for reading.
template <class Mutex>
struct for_readers {
  static void lock(Mutex& mutex) PLAIT_UNANALYZED {
    if constexpr (shared_lockable<Mutex>) {
      mutex.lock_shared();
    } else {
      mutex.lock();
    }
  }
  static void unlock(Mutex& mutex) noexcept PLAIT_UNANALYZED {
    if constexpr (shared_lockable<Mutex>) {
      mutex.unlock_shared();
    } else {
      mutex.unlock();
    }
  }
};

// Access to the value of a locked Value, a synchronized_value, const for readers. Movable; empty once it has
// been moved from or unlocked, and if a wait has given up.
template <class Value>
class [[nodiscard]] value_guard {
 public:
  using element =
      std::conditional_t<std::is_const_v<Value>, const typename Value::value_type, typename Value::value_type>;

  value_guard() noexcept = default;
  value_guard(value_guard&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
  value_guard& operator=(value_guard&& other) noexcept {
    if (this != &other) {
      unlock();
      of_ = std::exchange(other.of_, nullptr);
    }
    return *this;
  }
  ~value_guard() { unlock(); }

  element& operator*() const noexcept PLAIT_LIFETIME_BOUND { return of_->value_; }
  element* operator->() const noexcept PLAIT_LIFETIME_BOUND { return std::addressof(of_->value_); }

  bool owns_lock() const noexcept { return of_ != nullptr; }
  explicit operator bool() const noexcept { return owns_lock(); }

  // Releases the lock now.
  void unlock() noexcept {
    if (Value* const of = std::exchange(of_, nullptr)) of->give_back();
  }

 private:
  friend std::remove_const_t<Value>;
  explicit value_guard(Value& of) noexcept : of_(&of) {}  // which the caller has locked

  Value* of_ = nullptr;
};

}  // namespace detail

template <class T, class Mutex = mutex>
class synchronized_value {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "plait::synchronized_value<T>: T is a type of objects that can be changed");
  static_assert(detail::lockable<Mutex>,
                "plait::synchronized_value<T, Mutex>: Mutex has no lock(), try_lock(), unlock()");

 public:
  using value_type = T;
  using mutex_type = Mutex;
  using guard = detail::value_guard<synchronized_value>;
  using const_guard = detail::value_guard<const synchronized_value>;

  // T(arguments...)
  template <class... Args>
    requires std::constructible_from<T, Args...>
  explicit(sizeof...(Args) == 1) synchronized_value(Args&&... args) : value_(std::forward<Args>(args)...) {}
  synchronized_value(const synchronized_value&) = delete;
  synchronized_value& operator=(const synchronized_value&) = delete;

  // -- for one thread at a time --

  guard lock() PLAIT_LIFETIME_BOUND PLAIT_UNANALYZED {
    mutex_.lock();
    return guard(*this);
  }
  template <class F>
  decltype(auto) with(F&& f) {
    const guard held = lock();
    return std::invoke(std::forward<F>(f), *held);
  }
  template <class F>
  void update(F&& f) {
    const guard held = lock();
    *held = std::invoke(std::forward<F>(f), std::as_const(*held));
  }
  // The old value is destroyed after the lock has been released.
  void store(T value)
    requires std::movable<T>
  {
    const guard held = lock();
    std::ranges::swap(*held, value);
  }
  [[nodiscard]] T exchange(T value)
    requires std::movable<T>
  {
    const guard held = lock();
    std::ranges::swap(*held, value);
    return value;
  }

  // -- for readers --

  const_guard rlock() const PLAIT_LIFETIME_BOUND {
    detail::for_readers<Mutex>::lock(mutex_);
    return const_guard(*this);
  }
  template <class F>
  decltype(auto) read(F&& f) const {
    const const_guard held = rlock();
    return std::invoke(std::forward<F>(f), *held);
  }
  [[nodiscard]] T load() const
    requires std::copy_constructible<T>
  {
    const const_guard held = rlock();
    return *held;
  }

  // -- waiting --

  template <std::predicate<const T&> Pred>
  guard wait(Pred pred) PLAIT_LIFETIME_BOUND {
    return wait_until_holds(pred, {});
  }
  template <std::predicate<const T&> Pred>
  guard wait(const std::stop_token& stop, Pred pred) PLAIT_LIFETIME_BOUND {
    return wait_until_holds(pred, {detail::deadline::never(), &stop});
  }
  template <class Rep, class Period, std::predicate<const T&> Pred>
  guard wait_for(const std::chrono::duration<Rep, Period>& wait, Pred pred) PLAIT_LIFETIME_BOUND {
    return wait_until_holds(pred, {detail::deadline::after(wait)});
  }
  template <class Clock, class Duration, std::predicate<const T&> Pred>
  guard wait_until(const std::chrono::time_point<Clock, Duration>& when, Pred pred) PLAIT_LIFETIME_BOUND {
    return wait_until_holds(pred, {detail::deadline::at(when)});
  }

 private:
  friend guard;
  friend const_guard;
  friend struct detail::value_access;

  void give_back() noexcept PLAIT_UNANALYZED {
    mutex_.unlock();
    tell_waiters();
  }
  void give_back() const noexcept { detail::for_readers<Mutex>::unlock(mutex_); }

  // After a change, and after unlock(). A waiter has counted itself before it took the lock to look: so if it
  // looked before this change, its count was there before this thread had the lock, and is seen here.
  void tell_waiters() noexcept { changed_.notify_all(); }

  template <class Pred>
  guard wait_until_holds(Pred& pred, const detail::wait_limits& limits) {
    const auto look = [&] {
      if (!detail::take_one(mutex_, limits)) return detail::attempt::blocked;
      std::unique_lock held(mutex_, std::adopt_lock);
      if (!std::invoke(pred, std::as_const(value_))) return detail::attempt::blocked;
      held.release();
      return detail::attempt::done;
    };
    if (look() == detail::attempt::done || changed_.wait(look, limits)) return guard(*this);
    return guard();
  }

  mutable Mutex mutex_;
  detail::event_count changed_;  // threads that wait for a change
  T value_;                      // guarded by mutex_
};

template <class T>
synchronized_value(T) -> synchronized_value<T>;

namespace detail {

struct value_access {
  template <class Value>
  static auto& mutex_of(Value& of) noexcept {
    return of.mutex_;
  }
  template <class Value>
  static auto& value_of(Value& of) noexcept {
    return of.value_;
  }
  template <class Value>
  static void tell_waiters(Value& of) noexcept {
    if constexpr (!std::is_const_v<Value>) of.tell_waiters();
  }
};

template <class Value>
inline constexpr bool is_synchronized_value = false;
template <class T, class Mutex>
inline constexpr bool is_synchronized_value<synchronized_value<T, Mutex>> = true;

template <class Value>
concept synchronized = is_synchronized_value<std::remove_const_t<Value>>;

}  // namespace detail

// Calls f with references to all the values, const if the synchronized_value is, while holding all locks.
template <class F, detail::synchronized First, detail::synchronized... Others>
decltype(auto) apply(F&& f, First& first, Others&... others) {
  using access = detail::value_access;
  const detail::at_end_of_scope tell([&]() noexcept {  // after the locks have been released
    access::tell_waiters(first);
    (access::tell_waiters(others), ...);
  });
  const auto held = lock_all(access::mutex_of(first), access::mutex_of(others)...);
  return std::invoke(std::forward<F>(f), access::value_of(first), access::value_of(others)...);
}

}  // namespace PLAIT_NAMESPACE
