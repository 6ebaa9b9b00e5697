// SPDX-License-Identifier: MIT
// The clock of a scenario, and std::chrono with it.
#pragma once

#include <chrono>

#include <verify/execution.hpp>

namespace verify {

// A clock that moves a little whenever it is read or a thread pauses, and to a deadline when no thread can
// continue otherwise.
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock, duration>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    auto* const now = detail::execution::current();
    return time_point(duration(now != nullptr ? now->now() : 0));
  }
  static time_point recently() noexcept { return now(); }
};

// std::chrono, but with this clock for all of its own.
namespace chrono {
using namespace std::chrono;
using steady_clock = clock;
using system_clock = clock;
using high_resolution_clock = clock;
}  // namespace chrono

namespace detail {

// A time of this clock as the execution counts it. Times too late to be counted are no deadline.
template <class Clock, class Duration>
time_stamp deadline_of(const std::chrono::time_point<Clock, Duration>& until) {
  static_assert(std::is_same_v<Clock, clock>,
                "a scenario has no real time: take the deadline from verify::chrono::steady_clock::now()");
  return std::chrono::time_point_cast<clock::duration>(until).time_since_epoch().count();
}
template <class Rep, class Period>
time_stamp deadline_in(const std::chrono::duration<Rep, Period>& time) {
  const auto now = clock::now().time_since_epoch();
  if (std::chrono::duration<double>(time) >= std::chrono::hours(24 * 365)) return no_deadline;
  return (now + std::chrono::ceil<clock::duration>(time)).count();
}

}  // namespace detail
}  // namespace verify
