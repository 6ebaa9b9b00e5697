// SPDX-License-Identifier: MIT
// What an expiring_cache is made with: how much it holds, and for how long.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <stdexcept>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// How long an entry lives: any duration of std::chrono, or never_expires. One that is infinite or too long to
// count in nanoseconds (292 years) never ends. One that is zero or negative has ended already: what lives for
// that long is not kept at all.
class entry_lifetime {
 public:
  // Throws std::invalid_argument if the duration is not a number.
  template <class Rep, class Period>
  constexpr entry_lifetime(std::chrono::duration<Rep, Period> duration)  // NOLINT(google-explicit-constructor)
      : length_(to_nanoseconds(duration)) {}

  // See never_expires.
  static constexpr entry_lifetime never_ends() noexcept { return {}; }
  constexpr bool is_endless() const noexcept { return length_ == std::chrono::nanoseconds::max(); }

  // Meaningful if it ends.
  constexpr std::chrono::nanoseconds length() const noexcept { return length_; }

 private:
  constexpr entry_lifetime() noexcept = default;

  template <class Duration>
  static constexpr std::chrono::nanoseconds to_nanoseconds(Duration duration) {
    using seconds = std::chrono::duration<long double>;
    const auto exact = std::chrono::duration_cast<seconds>(duration);
    if (exact.count() != exact.count())
      throw std::invalid_argument(
          "plait::expiring_cache: a time to live that is not a number; say how long entries live, or "
          "plait::never_expires");
    if (exact >= seconds(std::chrono::nanoseconds::max())) return std::chrono::nanoseconds::max();
    if (exact <= seconds(std::chrono::nanoseconds::min())) return std::chrono::nanoseconds::min();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration);
  }

  std::chrono::nanoseconds length_ = std::chrono::nanoseconds::max();
};

// The lifetime of an entry that stays until it is erased or evicted.
inline constexpr entry_lifetime never_expires = entry_lifetime::never_ends();

struct cache_options {
  std::uint64_t capacity;                       // how many entries it holds at most, or weight; at least 1
  entry_lifetime time_to_live = never_expires;  // from the put on, unless that says otherwise
  entry_lifetime time_to_idle = never_expires;  // from the last put or get on; ends before the time to live
  double spread = 0;           // shortens each key's times to live by up to that part, always by the same
  std::uint64_t heaviest = 0;  // of a cache with weights: no entry may weigh more. 0: a 16th of the capacity
};

// A clock that is never set back, as those of std::chrono are that say so.
template <class Clock>
concept time_source = requires {
  { Clock::now().time_since_epoch() } -> std::convertible_to<std::chrono::nanoseconds>;
} && (!requires { Clock::is_steady; } || requires { requires Clock::is_steady; });

}  // namespace PLAIT_NAMESPACE
