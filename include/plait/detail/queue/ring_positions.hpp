// SPDX-License-Identifier: MIT
// The arithmetic of positions in a ring of any capacity.
#pragma once

#include <bit>
#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Positions in a ring of any capacity: an endless sequence in which each position names a slot and the lap in
// which it is used. No operation divides.
//
//   bit 63          free for the owner: no position ever has it
//   bits 62 .. k    lap, counted modulo 2^(63-k)
//   bits k-1 .. 0   slot index, 0 <= index < capacity < 2^k
//
// Positions wrap after 2^(63-k) laps, at least 2^62 operations: at 10^9 a second, in more than a century. All
// arithmetic is modulo that, so a wrap has no effect.
class ring_positions {
 public:
  using position = std::uint64_t;

  static constexpr position spare_bit = position{1} << 63;
  static constexpr std::uint64_t max_capacity = (std::uint64_t{1} << 40) - 1;

  // capacity: 1 .. max_capacity.
  explicit constexpr ring_positions(std::uint64_t capacity) noexcept
      : capacity_(capacity), mask_(std::bit_ceil(capacity + 1) - 1) {}

  constexpr std::uint64_t capacity() const noexcept { return capacity_; }

  // The position from which it is `laps` laps to position 0, across the wrap.
  constexpr position laps_before_wrap(std::uint64_t laps) const noexcept {
    return -(laps * (mask_ + 1)) & ~spare_bit;
  }

  constexpr std::uint64_t index(position at) const noexcept { return at & mask_; }

  constexpr position next(position at) const noexcept {
    if (index(at) + 1 < capacity_) [[likely]]
      return at + 1;
    return ((at | mask_) + 1) & ~spare_bit;  // index 0 of the next lap
  }

  // The last slot's, in the lap of `at`.
  constexpr position last_of_lap(position at) const noexcept { return at - index(at) + capacity_ - 1; }
  constexpr bool same_lap(position one, position other) const noexcept { return (one ^ other) <= mask_; }

  // count: 0 .. capacity.
  constexpr position advance(position at, std::uint64_t count) const noexcept {
    return index(at) + count < capacity_ ? at + count : next_lap(at + count - capacity_);
  }

  // The same slot, one lap later.
  constexpr position next_lap(position at) const noexcept { return (at + mask_ + 1) & ~spare_bit; }

  // A slot's stamp while it holds the element pushed at `at`. It is no position of that slot, in any lap.
  static constexpr position filled(position at) noexcept { return at + 1; }

  // How many positions `to` is ahead of `from`.
  constexpr std::uint64_t distance(position from, position to) const noexcept {
    const std::uint64_t laps =
        (((to - index(to)) - (from - index(from))) & ~spare_bit) >> std::bit_width(mask_);
    return laps * capacity_ + index(to) - index(from);
  }

 private:
  std::uint64_t capacity_;
  std::uint64_t mask_;  // 2^k - 1, where 2^k is the smallest power of two above capacity_
};

}  // namespace PLAIT_NAMESPACE::detail
