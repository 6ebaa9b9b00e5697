// SPDX-License-Identifier: MIT
// The time of a cache: what its clock says, in ticks since the cache was made.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include <plait/cache_options.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A moment, as a time since the cache was made.
class cache_moment {
 public:
  explicit cache_moment(std::chrono::nanoseconds since_made) noexcept : since_made_(since_made) {}

  // Before `never`, so that what never ends has not ended, and the wheel has a digit for all that differs.
  cache_tick tick() const noexcept { return std::min(whole_ticks(), entry_stamp::never - 1); }
  // Of what lives for so long from now on; a deadline that a stamp has no room for is never reached.
  cache_tick deadline(entry_lifetime lives) const noexcept {
    if (lives.is_endless()) return entry_stamp::never;
    if (lives.length() <= std::chrono::nanoseconds(0)) return 0;
    if (lives.length() > std::chrono::nanoseconds::max() - since_made_) return entry_stamp::never;
    return std::min(cache_moment(since_made_ + lives.length()).whole_ticks(), entry_stamp::never);
  }
  entry_lifetime left_until(cache_tick deadline) const noexcept {
    if (deadline == entry_stamp::never) return never_expires;
    const std::chrono::nanoseconds end(deadline << entry_stamp::log_tick);
    return entry_lifetime(std::max(end - since_made_, std::chrono::nanoseconds(0)));
  }

 private:
  cache_tick whole_ticks() const noexcept {
    return static_cast<cache_tick>(since_made_.count()) >> entry_stamp::log_tick;
  }

  std::chrono::nanoseconds since_made_;
};

// Who holds the lock of a shard reads the clock after taking it: so moments in a shard are in the order of its
// holders.
template <class Clock>
class cache_time {
 public:
  // Throws std::invalid_argument if the spread is no part of a time.
  cache_time(entry_lifetime idle, double spread) : idle_(idle), idle_ticks_(ticks_of(idle)), spread_(spread) {
    if (!(spread >= 0 && spread < 1))
      throw std::invalid_argument("plait::expiring_cache: a spread has to be 0 or more, and less than 1");
    expect(idle);
  }

  // Something is going to be put in that lives for so long.
  void expect(entry_lifetime lives) noexcept {
    // relaxed, twice: as in read()
    if (!lives.is_endless() && !can_expire_.load(sync::relaxed)) can_expire_.store(true, sync::relaxed);
  }

  // Now, or the beginning as long as nothing can expire.
  cache_moment read() const {
    // relaxed: who sees the flag too late looks at the cache as it was when it began
    return can_expire_.load(sync::relaxed) ? now() : cache_moment(std::chrono::nanoseconds(0));
  }
  cache_moment now() const { return cache_moment(Clock::now().time_since_epoch() - made_at_); }

  // The time to live of a key with that hash: up to so much shorter, and always the same.
  entry_lifetime spread(entry_lifetime lives, std::uint64_t hash) const noexcept {
    if (spread_ == 0 || lives.is_endless()) return lives;
    const double part =
        static_cast<double>((hash * 0xd6e8feb86659fd93) >> 32) / static_cast<double>(std::uint64_t{1} << 32);
    const auto length = static_cast<double>(lives.length().count());
    return entry_lifetime(lives.length() - std::chrono::nanoseconds(std::llround(length * spread_ * part)));
  }

  // Whether an entry that lives for so long was put in so long ago. Of one that never ends nobody knows.
  bool has_aged(entry_stamp stamp, entry_lifetime lives, entry_lifetime age) const {
    const cache_tick whole = ticks_of(lives), past = ticks_of(age);
    return past < whole && whole != entry_stamp::never && now().tick() + whole >= stamp.deadline() + past;
  }

  // -- what ends when nobody asks for it --

  // The stamp of an entry that is asked for now, and ends at that time at the latest.
  entry_stamp stamp(entry_number number, cache_moment now, cache_tick end) const noexcept {
    const cache_tick idle_end = now.deadline(idle_);
    return entry_stamp(number, std::min(end, idle_end), idle_end < end);
  }
  // Whether a hit is to be noted: once in a 64th of the time. A time of some moments ago will do if that is
  // long.
  bool is_worth_noting(entry_stamp hit) const {
    if (!hit.is_prolonged()) [[likely]]
      return false;
    const cache_tick noted = hit.deadline() - idle_ticks_, tolerance = idle_ticks_ / 64;
    if constexpr (requires { Clock::recently(); }) {
      if (tolerance >= 16) {
        const std::chrono::nanoseconds recently = Clock::recently().time_since_epoch();
        return recently > made_at_ && cache_moment(recently - made_at_).tick() > noted + tolerance;
      }
    }
    return now().tick() > noted + tolerance;
  }

  // Most deadlines are so far away that a time of some moments ago will do.
  bool is_over(cache_tick deadline) const {
    if (deadline == entry_stamp::never) return false;
    if constexpr (requires { Clock::recently(); }) {
      const std::chrono::nanoseconds upper_bound = Clock::recently().time_since_epoch() + most_lag;
      if (upper_bound > made_at_ && deadline > cache_moment(upper_bound - made_at_).tick()) [[likely]]
        return false;
    }
    return deadline <= now().tick();
  }

 private:
  // How late the time of recently() may be, at the very most.
  static constexpr std::chrono::seconds most_lag{1};

  static cache_tick ticks_of(entry_lifetime time) noexcept {
    return cache_moment(std::chrono::nanoseconds(0)).deadline(time);
  }

  const entry_lifetime idle_;
  const cache_tick idle_ticks_;
  const double spread_;
  const std::chrono::nanoseconds made_at_ = Clock::now().time_since_epoch();
  sync::atomic<bool> can_expire_{false};  // whether any entry has ever had a time to live
};

}  // namespace PLAIT_NAMESPACE::detail
