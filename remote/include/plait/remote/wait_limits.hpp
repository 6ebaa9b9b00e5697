// SPDX-License-Identifier: MIT
// wait_limits: how long a caller is willing to wait: until a moment of the monotonic clock, or a stop request.
#pragma once

#include <chrono>
#include <stop_token>

namespace plait::remote {

struct wait_limits {
  using clock = std::chrono::steady_clock;

  clock::time_point until = clock::time_point::max();
  std::stop_token stop;

  static wait_limits none() { return {}; }
  static wait_limits with(const std::stop_token& stop) { return {.stop = stop}; }

  // A duration that is negative or not a number has passed already; one of centuries never does.
  template <class Rep, class Period>
  static wait_limits after(const std::chrono::duration<Rep, Period>& wait, const std::stop_token& stop) {
    const clock::time_point now = clock::now();
    if (!(wait > wait.zero())) return {now, stop};
    if (std::chrono::duration<double>(wait) > std::chrono::hours(24 * 36'500)) return with(stop);
    return {now + std::chrono::ceil<clock::duration>(wait), stop};
  }

  // Another clock's time is translated once.
  template <class Clock, class Duration>
  static wait_limits at(const std::chrono::time_point<Clock, Duration>& when, const std::stop_token& stop) {
    return after(when - Clock::now(), stop);
  }
};

}  // namespace plait::remote
