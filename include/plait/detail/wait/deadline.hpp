// SPDX-License-Identifier: MIT
// A time point or duration of any clock, as a time of the monotonic clock.
#pragma once

#include <chrono>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The time at which a wait gives up, on the monotonic clock; or never.
class deadline {
 public:
  static constexpr deadline never() noexcept { return deadline(sync::clock::time_point::max()); }

  // A negative or NaN duration has passed already; one too long to represent never passes.
  template <class Rep, class Period>
  static deadline after(const std::chrono::duration<Rep, Period>& wait) noexcept {
    return after_seconds(to_seconds(wait));
  }

  // A time on another clock is translated once, here: if that clock is set later, the wait does not follow it.
  template <class Clock, class Duration>
  static deadline at(const std::chrono::time_point<Clock, Duration>& when) noexcept {
    return after_seconds(to_seconds(when.time_since_epoch()) - to_seconds(Clock::now().time_since_epoch()));
  }

  bool is_never() const noexcept { return when_ == sync::clock::time_point::max(); }
  bool has_passed() const noexcept { return !is_never() && sync::clock::now() >= when_; }

  // As futex_wait() takes it: null for never.
  const sync::clock::time_point* time() const noexcept { return is_never() ? nullptr : &when_; }

  // Whichever of the two comes first.
  deadline or_sooner(const deadline& other) const noexcept { return other.when_ < when_ ? other : *this; }

  // This deadline, or the end of a nap that starts now, whichever comes first.
  deadline or_after(sync::clock::duration nap) const noexcept {
    const sync::clock::time_point end_of_nap = sync::clock::now() + nap;
    return end_of_nap < when_ ? deadline(end_of_nap) : *this;
  }

 private:
  explicit constexpr deadline(sync::clock::time_point when) noexcept : when_(when) {}

  // Seconds in long double: no unit or representation overflows, and 64 bits of mantissa keep nanoseconds.
  using seconds = std::chrono::duration<long double>;

  template <class Duration>
  static long double to_seconds(const Duration& duration) noexcept {
    return std::chrono::duration_cast<seconds>(duration).count();
  }

  static deadline after_seconds(long double wait) noexcept {
    const sync::clock::time_point now = sync::clock::now();
    if (!(wait > 0)) return deadline(now);
    if (wait >= to_seconds(sync::clock::time_point::max() - now)) return never();
    return deadline(now + std::chrono::ceil<sync::clock::duration>(seconds(wait)));
  }

  sync::clock::time_point when_;  // the largest time point means never
};

}  // namespace PLAIT_NAMESPACE::detail
