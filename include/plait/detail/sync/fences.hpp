// SPDX-License-Identifier: MIT
// Part of the seam: a pair of fences of which one costs nothing.
#pragma once

#include <atomic>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <plait/detail/sync/atomics.hpp>

namespace plait::detail::sync {

// An asymmetric pair of seq_cst fences, for two sides that each store and then look at what the other stored:
// at least one of them sees the other's store. light_fence() costs nothing but for the compiler, and
// process_wide_fence() some microseconds: it interrupts every processor that runs a thread of this process.
// Where the kernel has no membarrier, or a sandbox forbids it, both are plain fences.
namespace asymmetric {

// Set once, by whoever comes first. Until then light_fence() is a fence, so that nothing has to wait for it.
[[gnu::visibility("default")]] inline constinit std::atomic<bool> is_registered{false};

inline bool membarrier(int command) noexcept {
  return syscall(SYS_membarrier, command, 0, 0) == 0;
}

// relaxed: threads that still read false only pay for a fence
inline const bool registered_at_start =
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && (is_registered.store(true, relaxed), true);

}  // namespace asymmetric

// GCC warns, with -fsanitize=thread, that ThreadSanitizer knows no fences. None here hides a race from it or
// makes it see one: what one thread gives another is ordered by an atomic besides.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif

// Whether light_fence() costs nothing; if so, for ever. free_light_fence() then does the same without asking.
inline bool light_fence_is_free() noexcept {
  return asymmetric::is_registered.load(relaxed);  // relaxed: see there
}
inline void free_light_fence() noexcept {
  std::atomic_signal_fence(seq_cst);
}
inline void light_fence() noexcept {
  if (light_fence_is_free()) [[likely]] {
    free_light_fence();
  } else {
    std::atomic_thread_fence(seq_cst);
  }
}

inline void process_wide_fence() noexcept {
  // The own fence first: it is what meets the fence of a thread that has not seen the registration.
  std::atomic_thread_fence(seq_cst);
  asymmetric::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace plait::detail::sync
