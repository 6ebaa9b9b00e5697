// SPDX-License-Identifier: MIT
// std::atomic under the checker, with all of its members and operators, and the fences. Each member takes,
// after the parameters that it has in the standard, the place in the source that traces and mutants name.
// Outside of an execution it is a plain value of one thread.
#pragma once

#include <atomic>  // std::memory_order alone
#include <climits>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <type_traits>
#include <utility>

#include <verify/execution.hpp>
#include <verify/value_word.hpp>

namespace verify {

using std::memory_order;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_consume;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

template <class T>
class atomic {
  static constexpr bool has_difference = (std::integral<T> && !std::same_as<T, bool>) || std::is_pointer_v<T>;
  static_assert(
      std::is_trivially_copyable_v<T>,
      "an atomic holds a trivially copyable value; instead of atomic<shared_ptr> write a shared_ptr that a "
      "mutex guards");
  static_assert(sizeof(T) <= sizeof(detail::word), "the checker keeps values of at most 16 bytes");

 public:
  using value_type = T;
  // What is added to a T.
  using difference_type = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;
  static constexpr bool is_always_lock_free = sizeof(T) <= sizeof(void*);

  constexpr atomic() noexcept(std::is_nothrow_default_constructible_v<T>) : atomic(T()) {}
  constexpr atomic(T value) noexcept : value_(value) {
    if consteval {
    } else {
      if (detail::execution* const now = detail::execution::current()) handle_ = now->begin_atomic(this);
    }
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  // The operators are seq_cst. They have no parameter for their place in the source.
  [[gnu::always_inline]] T operator=(T value) noexcept {
    store(value, memory_order::seq_cst, detail::called_here());
    return value;
  }
  [[gnu::always_inline]] operator T() const noexcept {
    return load(memory_order::seq_cst, detail::called_here());
  }

  bool is_lock_free() const noexcept { return is_always_lock_free; }

  T load(memory_order order = memory_order::seq_cst, site where = site::current()) const noexcept {
    detail::check_load_order(order, "load", where);
    detail::execution* const now = detail::execution::current();
    return now != nullptr ? detail::from_word<T>(now->load(here(*now), order, where)) : value_;
  }

  void store(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept {
    detail::check_store_order(order, where);
    if (detail::execution* const now = detail::execution::current()) {
      now->store(here(*now), detail::to_word(value), order, where);
    } else {
      value_ = value;
    }
  }

  T exchange(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept {
    return modify([&](T) { return value; }, order, where);
  }

  bool compare_exchange_strong(T& expected, T desired, memory_order success, memory_order failure,
                               site where = site::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, false, where);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order order = memory_order::seq_cst,
                               site where = site::current()) noexcept {
    return compare_exchange(expected, desired, order, detail::of_failure(order), false, where);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order success, memory_order failure,
                             site where = site::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, true, where);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order order = memory_order::seq_cst,
                             site where = site::current()) noexcept {
    return compare_exchange(expected, desired, order, detail::of_failure(order), true, where);
  }

  T fetch_add(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept
    requires std::integral<T> || std::floating_point<T>
  {
    return modify([&](T old) { return sum(old, value); }, order, where);
  }
  T fetch_add(std::ptrdiff_t count, memory_order order = memory_order::seq_cst,
              site where = site::current()) noexcept
    requires std::is_pointer_v<T>
  {
    return modify([&](T old) { return old + count; }, order, where);
  }
  T fetch_sub(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept
    requires std::integral<T> || std::floating_point<T>
  {
    return modify([&](T old) { return difference(old, value); }, order, where);
  }
  T fetch_sub(std::ptrdiff_t count, memory_order order = memory_order::seq_cst,
              site where = site::current()) noexcept
    requires std::is_pointer_v<T>
  {
    return modify([&](T old) { return old - count; }, order, where);
  }
  T fetch_and(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept
    requires std::integral<T>
  {
    return modify([&](T old) { return static_cast<T>(old & value); }, order, where);
  }
  T fetch_or(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept
    requires std::integral<T>
  {
    return modify([&](T old) { return static_cast<T>(old | value); }, order, where);
  }
  T fetch_xor(T value, memory_order order = memory_order::seq_cst, site where = site::current()) noexcept
    requires std::integral<T>
  {
    return modify([&](T old) { return static_cast<T>(old ^ value); }, order, where);
  }

  [[gnu::always_inline]] T operator++() noexcept
    requires has_difference
  {
    return static_cast<T>(fetch_add(1, memory_order::seq_cst, detail::called_here()) + 1);
  }
  [[gnu::always_inline]] T operator++(int) noexcept
    requires has_difference
  {
    return fetch_add(1, memory_order::seq_cst, detail::called_here());
  }
  [[gnu::always_inline]] T operator--() noexcept
    requires has_difference
  {
    return static_cast<T>(fetch_sub(1, memory_order::seq_cst, detail::called_here()) - 1);
  }
  [[gnu::always_inline]] T operator--(int) noexcept
    requires has_difference
  {
    return fetch_sub(1, memory_order::seq_cst, detail::called_here());
  }
  [[gnu::always_inline]] T operator+=(difference_type value) noexcept
    requires has_difference || std::floating_point<T>
  {
    return static_cast<T>(fetch_add(value, memory_order::seq_cst, detail::called_here()) + value);
  }
  [[gnu::always_inline]] T operator-=(difference_type value) noexcept
    requires has_difference || std::floating_point<T>
  {
    return static_cast<T>(fetch_sub(value, memory_order::seq_cst, detail::called_here()) - value);
  }
  [[gnu::always_inline]] T operator&=(T value) noexcept
    requires std::integral<T>
  {
    return static_cast<T>(fetch_and(value, memory_order::seq_cst, detail::called_here()) & value);
  }
  [[gnu::always_inline]] T operator|=(T value) noexcept
    requires std::integral<T>
  {
    return static_cast<T>(fetch_or(value, memory_order::seq_cst, detail::called_here()) | value);
  }
  [[gnu::always_inline]] T operator^=(T value) noexcept
    requires std::integral<T>
  {
    return static_cast<T>(fetch_xor(value, memory_order::seq_cst, detail::called_here()) ^ value);
  }

  // Returns when it has read another value than `old`. A thread that has read `old` sleeps while that is the
  // newest value, until it is notified.
  void wait(T old, memory_order order = memory_order::seq_cst, site where = site::current()) const noexcept {
    const detail::word unwanted = detail::to_word(old);
    for (;;) {
      if (detail::to_word(load(order, where)) != unwanted) return;
      detail::execution* const now = detail::execution::current();
      if (now == nullptr) std::abort();  // a wait for ever: there is one thread
      const detail::execution::sleeping_place place{here(*now), unwanted};
      now->sleep(std::span(&place, 1), detail::no_deadline, where);
    }
  }
  void notify_one(site where = site::current()) noexcept {
    if (detail::execution* const now = detail::execution::current()) now->wake(here(*now), 1, where);
  }
  void notify_all(site where = site::current()) noexcept {
    if (detail::execution* const now = detail::execution::current()) now->wake(here(*now), INT_MAX, where);
  }

  // For the futex and the locks.
  detail::location& here(detail::execution& now) const noexcept {
    return now.resolve(handle_, this, detail::to_word(value_));
  }

 private:
  // Atomic integers wrap around, signed ones too.
  static T sum(T a, T b) noexcept {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<std::uintmax_t>(a) + static_cast<std::uintmax_t>(b));
    } else {
      return a + b;
    }
  }
  static T difference(T a, T b) noexcept {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<std::uintmax_t>(a) - static_cast<std::uintmax_t>(b));
    } else {
      return a - b;
    }
  }

  template <class Change>
  T modify(Change change, memory_order order, const site& where) noexcept {
    detail::execution* const now = detail::execution::current();
    if (now == nullptr) return std::exchange(value_, change(value_));
    detail::location& at = here(*now);
    const T old = detail::from_word<T>(now->begin_modify(at, where));
    now->end_modify(at, detail::to_word(change(old)), order, where);
    return old;
  }

  bool compare_exchange(T& expected, T desired, memory_order success, memory_order failure,
                        bool may_fail_spuriously, const site& where) noexcept {
    detail::check_load_order(failure, "failed compare-exchange", where);
    const detail::word wanted = detail::to_word(expected);
    if (detail::execution* const now = detail::execution::current()) {
      detail::word found = wanted;
      if (now->compare_exchange(here(*now), found, detail::to_word(desired), success, failure,
                                may_fail_spuriously, where))
        return true;
      expected = detail::from_word<T>(found);
      return false;
    }
    if (detail::to_word(value_) == wanted) {
      value_ = desired;
      return true;
    }
    expected = value_;
    return false;
  }

  T value_;                          // before the execution; outside of any, the value itself
  mutable detail::handle handle_{};  // where the values of this execution are
};

template <class T>
atomic(T) -> atomic<T>;

inline void atomic_thread_fence(memory_order order, site where = site::current()) noexcept {
  if (detail::execution* const now = detail::execution::current()) now->fence(order, where);
}

// No scenario has signal handlers.
inline void atomic_signal_fence(memory_order /*order*/) noexcept {}

using atomic_bool = atomic<bool>;
using atomic_char = atomic<char>;
using atomic_int = atomic<int>;
using atomic_uint = atomic<unsigned>;
using atomic_long = atomic<long>;
using atomic_ulong = atomic<unsigned long>;
using atomic_llong = atomic<long long>;
using atomic_ullong = atomic<unsigned long long>;
using atomic_int8_t = atomic<std::int8_t>;
using atomic_uint8_t = atomic<std::uint8_t>;
using atomic_int16_t = atomic<std::int16_t>;
using atomic_uint16_t = atomic<std::uint16_t>;
using atomic_int32_t = atomic<std::int32_t>;
using atomic_uint32_t = atomic<std::uint32_t>;
using atomic_int64_t = atomic<std::int64_t>;
using atomic_uint64_t = atomic<std::uint64_t>;
using atomic_size_t = atomic<std::size_t>;
using atomic_ptrdiff_t = atomic<std::ptrdiff_t>;
using atomic_intptr_t = atomic<std::intptr_t>;
using atomic_uintptr_t = atomic<std::uintptr_t>;

}  // namespace verify
