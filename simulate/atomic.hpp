// SPDX-License-Identifier: MIT
// std::atomic on simulated processors. It is as large as the native one, so that what shares a line there does
// so here. Outside of a simulation's threads it is a plain value.
#pragma once

#include <atomic>  // std::memory_order, and how large the native one is
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include <simulate/simulation.hpp>

namespace simulate {

using std::memory_order;

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using difference_type = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;
  static constexpr bool is_always_lock_free = std::atomic<T>::is_always_lock_free;

  constexpr atomic() noexcept(std::is_nothrow_default_constructible_v<T>) : value_() {}
  constexpr atomic(T value) noexcept : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(memory_order = memory_order::seq_cst) const noexcept {
    if (simulation* const all = simulation::running()) all->load(this);
    return value_;
  }
  // seq_cst: x86 exchanges.
  void store(T value, memory_order order = memory_order::seq_cst) noexcept {
    if (simulation* const all = simulation::running()) {
      if (order == memory_order::seq_cst) {
        all->modify(this);
      } else {
        all->store(this);
      }
    }
    value_ = value;
  }

  T exchange(T value, memory_order = memory_order::seq_cst) noexcept {
    return change([value](T) { return value; });
  }
  T fetch_add(difference_type value, memory_order = memory_order::seq_cst) noexcept {
    return change([value](T old) { return static_cast<T>(old + value); });
  }
  T fetch_sub(difference_type value, memory_order = memory_order::seq_cst) noexcept {
    return change([value](T old) { return static_cast<T>(old - value); });
  }
  T fetch_and(T value, memory_order = memory_order::seq_cst) noexcept {
    return change([value](T old) { return static_cast<T>(old & value); });
  }
  T fetch_or(T value, memory_order = memory_order::seq_cst) noexcept {
    return change([value](T old) { return static_cast<T>(old | value); });
  }
  T fetch_xor(T value, memory_order = memory_order::seq_cst) noexcept {
    return change([value](T old) { return static_cast<T>(old ^ value); });
  }

  // x86 has no spurious failures.
  bool compare_exchange_weak(T& expected, T desired, memory_order, memory_order) noexcept {
    return compare_exchange(expected, desired);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order = memory_order::seq_cst) noexcept {
    return compare_exchange(expected, desired);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order, memory_order) noexcept {
    return compare_exchange(expected, desired);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order = memory_order::seq_cst) noexcept {
    return compare_exchange(expected, desired);
  }

  // What the kernel sees, and the debugger: no step.
  T peek() const noexcept { return value_; }

 private:
  template <class Change>
  T change(Change changed) noexcept {
    if (simulation* const all = simulation::running()) all->modify(this);
    return std::exchange(value_, changed(value_));
  }
  bool compare_exchange(T& expected, T desired) noexcept {
    if (simulation* const all = simulation::running()) all->modify(this);
    if (std::memcmp(std::addressof(value_), std::addressof(expected), sizeof(T)) != 0) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }

  alignas(std::atomic<T>) T value_;
};

}  // namespace simulate
