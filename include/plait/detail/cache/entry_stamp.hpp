// SPDX-License-Identifier: MIT
// What lies beside a value in a cache: the number of its entry, and when it expires.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <utility>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Time in a cache, in ticks of 2^20 nanoseconds since it was made. Moments and deadlines are both rounded down:
// at a moment that is not before a deadline, neither is its tick.
using cache_tick = std::uint64_t;

//   bits 63 .. 24   the tick at which it expires; all ones: never. Enough for 36 years
//   bit 23          whether a hit moves the deadline
//   bits 22 .. 0    the entry's number in its shard
class entry_stamp {
 public:
  static constexpr unsigned log_tick = 20;
  static constexpr cache_tick never = (std::uint64_t{1} << 40) - 1;
  static constexpr unsigned number_bits = 23;
  // Fewer than there are numbers, so that whoever links them has some for the ends of lists.
  static constexpr std::uint64_t most_entries = (std::uint64_t{1} << number_bits) - 8;

  // Of no entry: what would end at 0 is not kept.
  constexpr entry_stamp() noexcept = default;
  constexpr bool exists() const noexcept { return bits_ != 0; }
  constexpr entry_stamp(entry_number number, cache_tick deadline, bool is_prolonged = false) noexcept
      : bits_(std::min(deadline, never) << 24 | (is_prolonged ? prolonged : 0) | number) {}

  constexpr entry_number number() const noexcept { return static_cast<entry_number>(bits_ & (prolonged - 1)); }
  constexpr cache_tick deadline() const noexcept { return bits_ >> 24; }
  constexpr bool is_prolonged() const noexcept { return (bits_ & prolonged) != 0; }
  constexpr auto operator<=>(const entry_stamp&) const noexcept = default;  // by the deadline first

 private:
  static constexpr std::uint64_t prolonged = std::uint64_t{1} << number_bits;

  std::uint64_t bits_ = 0;
};

// What a cache keeps in its table.
template <class V>
struct cached_value {
  template <class M>
  cached_value(M&& from, entry_stamp of) : value(static_cast<V>(std::forward<M>(from))), stamp(of) {}

  V value;
  entry_stamp stamp;
};

}  // namespace PLAIT_NAMESPACE::detail
