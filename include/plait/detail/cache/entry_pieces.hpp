// SPDX-License-Identifier: MIT
// Where an entry stands, by its number, in what is made piece by piece and never moved.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Four pieces with `first` places together, four with twice as many, and so on: a piece is about a quarter of
// all before it, and that is the most that is made too early. Where it is known how many entries there are at
// most, the piece of the last one ends with it. If there are more all the same, because there is more room by
// now, the numbers that would be in the rest of that piece are left out.
class entry_pieces {
 public:
  static constexpr std::uint32_t first = sync::sized(64, 4);  // a power of two

  explicit constexpr entry_pieces(std::uint64_t most) noexcept : most_(most) {}

  struct address {
    std::uint32_t piece;
    std::uint32_t offset;
  };
  // Without a branch: readers come in any order, so that none would be foreseen.
  static constexpr address locate(entry_number number) noexcept {
    const std::uint32_t place = number + first;
    const std::uint32_t log_size = log2(place) - 2;
    return {4 * (log_size - log2(first / 4)) + (place >> log_size) - 4,
            place & ((std::uint32_t{1} << log_size) - 1)};
  }

  static constexpr entry_number first_of(std::uint32_t piece) noexcept {
    return (4 + piece % 4) * whole_size(piece) - first;
  }
  constexpr std::uint32_t size(std::uint32_t piece) const noexcept {
    const entry_number begin = first_of(piece);
    const bool ends_early = begin < most_ && most_ - begin < whole_size(piece);
    return ends_early ? static_cast<std::uint32_t>(most_ - begin) : whole_size(piece);
  }
  // The number after that one for which there is a place.
  constexpr entry_number after(entry_number number) const noexcept {
    return number + 1 == most_ && locate(number + 1).offset != 0 ? first_of(locate(number).piece + 1)
                                                                 : number + 1;
  }
  static constexpr std::size_t count =
      4 * (std::bit_width(entry_stamp::most_entries + first - 1) - std::bit_width(first) + 1);

 private:
  // Of a number that is not 0; what is added says so to the compiler.
  static constexpr std::uint32_t log2(std::uint32_t number) noexcept {
    return static_cast<std::uint32_t>(std::bit_width(number | 1)) - 1;
  }
  static constexpr std::uint32_t whole_size(std::uint32_t piece) noexcept { return first / 4 << piece / 4; }

  std::uint64_t most_;
};

}  // namespace PLAIT_NAMESPACE::detail
