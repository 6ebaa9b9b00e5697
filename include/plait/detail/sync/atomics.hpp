// SPDX-License-Identifier: MIT
// Part of the seam: atomics, and their memory orders by short names.
#pragma once

#include <atomic>
#include <cstdint>

namespace plait::detail::sync {

template <class T>
using atomic = std::atomic<T>;

// Whether assert() is on: the same program then also looks for misuse that would cost time.
#if defined(NDEBUG)
inline constexpr bool has_assertions = false;
#else
inline constexpr bool has_assertions = true;
#endif

using std::memory_order;
inline constexpr memory_order relaxed = std::memory_order_relaxed;
inline constexpr memory_order acquire = std::memory_order_acquire;
inline constexpr memory_order release = std::memory_order_release;
inline constexpr memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr memory_order seq_cst = std::memory_order_seq_cst;

// Adds to a number that only the calling thread writes, and that others read, relaxed. A signal handler of the
// same thread may add to it, too: hence one instruction, or an atomic one where adding to memory takes several.
inline void add_as_only_writer(atomic<std::uint64_t>& number, std::uint64_t n) noexcept {
#if defined(__x86_64__)
  static_assert(sizeof number == sizeof n && atomic<std::uint64_t>::is_always_lock_free);
  asm("addq %1, %0" : "+m"(number) : "er"(n) : "cc");
#else
  number.fetch_add(n, relaxed);
#endif
}

// Keeps the compiler from moving memory accesses across: for what a signal handler of the same thread looks at.
inline void signal_fence() noexcept {
  std::atomic_signal_fence(seq_cst);
}

}  // namespace plait::detail::sync
