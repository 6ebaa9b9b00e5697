// SPDX-License-Identifier: MIT
// Part of the seam: sleeping on a word of memory, and waking who sleeps there.
#pragma once

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <plait/detail/sync/atomics.hpp>
#include <plait/detail/sync/clock.hpp>

namespace plait::detail::sync {

// How many futex system calls this process has made through the seam: a figure for benchmarks and
// tests. The counter is touched only beside a system call, which costs a hundred times as much.
[[gnu::visibility("default")]] inline std::atomic<std::uint64_t> futex_call_count{0};

inline std::uint64_t futex_calls() noexcept {
  return futex_call_count.load(relaxed);
}

enum class futex_result { woken, timed_out, interrupted };

constexpr futex_result why_futex_wait_failed(int error) noexcept {
  if (error == ETIMEDOUT) return futex_result::timed_out;
  return error == EINTR ? futex_result::interrupted : futex_result::woken;
}

// False if it lies before the clock's beginning, where the kernel knows no time.
inline bool to_timespec(clock::time_point time, std::timespec& result) noexcept {
  const auto since_boot = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  result.tv_sec = static_cast<std::time_t>(seconds.count());
  result.tv_nsec = static_cast<long>((since_boot - seconds).count());
  return seconds.count() >= 0;
}

// Sleeps while `word` holds `expected`, until a futex_wake() or `deadline` (null: for ever). Returns
// `woken` without sleeping if the word differs already, and may return it for no reason at all: callers look at
// their condition again. It returns `interrupted` after a signal handler that was installed without SA_RESTART.
inline futex_result futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                               const clock::time_point* deadline) noexcept {
  static_assert(sizeof(atomic<std::uint32_t>) == sizeof(std::uint32_t));
  std::timespec when{};
  if (deadline != nullptr && !to_timespec(*deadline, when)) return futex_result::timed_out;
  futex_call_count.fetch_add(1, relaxed);
  // WAIT_BITSET, because only it takes an absolute time on CLOCK_MONOTONIC.
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                              deadline != nullptr ? &when : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == -1 ? why_futex_wait_failed(errno) : futex_result::woken;
}

// What futex_waitv() takes. Kernel headers have it since Linux 5.16, and those of a distribution may be older
// than the kernel that runs.
namespace waitv {

struct place {
  std::uint64_t expected;
  std::uint64_t address;
  std::uint32_t flags;
  std::uint32_t reserved;
};

inline constexpr std::size_t most_places = 128;
inline constexpr std::uint32_t word_of_32_bits = 2;
#if defined(__alpha__)
inline constexpr long system_call = 559;
#else
inline constexpr long system_call = 449;
#endif

}  // namespace waitv

// As futex_wait(), on several words: sleeps as long as each of them holds what is expected of it.
struct futex_expectation {
  const atomic<std::uint32_t>& word;
  std::uint32_t expected;
};
inline futex_result futex_wait_any(std::span<const futex_expectation> all,
                                   const clock::time_point* deadline) noexcept {
  if (all.size() == 1) return futex_wait(all[0].word, all[0].expected, deadline);
  if (all.size() <= waitv::most_places) {
    waitv::place places[waitv::most_places];
    for (std::size_t i = 0; i != all.size(); ++i)
      places[i] = {all[i].expected, reinterpret_cast<std::uintptr_t>(&all[i].word),
                   waitv::word_of_32_bits | FUTEX_PRIVATE_FLAG, 0};
    std::timespec when{};
    if (deadline != nullptr && !to_timespec(*deadline, when)) return futex_result::timed_out;
    futex_call_count.fetch_add(1, relaxed);
    const long result = syscall(waitv::system_call, places, all.size(), 0,
                                deadline != nullptr ? &when : nullptr, CLOCK_MONOTONIC);
    if (result != -1) return futex_result::woken;
    if (errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT) return why_futex_wait_failed(errno);
  }
  // Before Linux 5.16, where a sandbox forbids the call, and where there are too many words: one word, and not
  // for long.
  clock::time_point soon = clock::now() + std::chrono::milliseconds(1);
  if (deadline != nullptr && *deadline < soon) soon = *deadline;
  if (futex_wait(all[0].word, all[0].expected, &soon) == futex_result::interrupted)
    return futex_result::interrupted;
  return deadline != nullptr && clock::now() >= *deadline ? futex_result::timed_out : futex_result::woken;
}

inline constexpr int every_sleeper = INT_MAX;

// Where threads sleep on a word. It is asked for while the word is certain to be there; for a wake it may be
// gone, because whoever was let in by the change before the wake may destroy it at once. The kernel then finds
// nobody, or somebody who sleeps on what has taken the word's place, and who looks again as after any wake.
using futex_place = const atomic<std::uint32_t>*;

inline futex_place place_of(const atomic<std::uint32_t>& word) noexcept {
  return &word;
}

// Wakes up to `count` threads that sleep there.
inline void futex_wake_at(futex_place place, int count) noexcept {
  futex_call_count.fetch_add(1, relaxed);
  syscall(SYS_futex, place, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, nullptr, nullptr, 0);
}

// Wakes up to `count` threads that sleep on `word`.
inline void futex_wake(const atomic<std::uint32_t>& word, int count) noexcept {
  futex_wake_at(place_of(word), count);
}

}  // namespace plait::detail::sync
