// SPDX-License-Identifier: MIT
// Part of the seam: time.
#pragma once

#include <chrono>
#include <ctime>

namespace plait::detail::sync {

// Monotonic. Time points are what futex_wait() takes.
struct clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;
  static time_point now() noexcept { return std::chrono::steady_clock::now(); }

  // What now() was at the last timer interrupt: a few milliseconds ago, or longer if interrupts were late.
  // Takes some loads, where now() may take ten times as long.
  static time_point recently() noexcept {
    std::timespec then{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &then);
    return time_point(std::chrono::seconds(then.tv_sec) + std::chrono::nanoseconds(then.tv_nsec));
  }
};

// How long the threads of this program have run, all together. Of those that run on other processors just now,
// the time since the last timer interrupt there is not in it yet.
inline clock::duration program_time() noexcept {
  std::timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace plait::detail::sync
