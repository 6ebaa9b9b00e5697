// SPDX-License-Identifier: MIT
// A clock that stands still until a test moves it.
#pragma once

#include <chrono>

#include <plait/detail/sync.hpp>

// It begins long after 0: structures must not take its beginning for theirs.
struct manual_clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<manual_clock, duration>;

  static time_point now() { return time_point(duration(time.load(plait::detail::sync::relaxed))); }
  static void advance(duration by) { time.fetch_add(by.count(), plait::detail::sync::relaxed); }

  inline static plait::detail::sync::atomic<std::chrono::nanoseconds::rep> time{std::chrono::hours(1000) /
                                                                                std::chrono::nanoseconds(1)};
};
