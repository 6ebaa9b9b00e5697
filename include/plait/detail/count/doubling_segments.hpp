// SPDX-License-Identifier: MIT
// How numbers are spread over segments of growing size, so that what they number is never moved.
#pragma once

#include <bit>
#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Segments of First, First, 2 First, 4 First, ... places: each is as long as all before it together. First is a
// power of two.
template <std::uint32_t First>
struct doubling_segments {
  struct address {
    std::uint32_t segment;
    std::uint32_t offset;
  };

  static constexpr address locate(std::uint32_t number) noexcept {
    const auto segment = static_cast<std::uint32_t>(std::bit_width(number / First));
    return {segment, segment == 0 ? number : number - size(segment)};
  }

  static constexpr std::uint32_t number(address at) noexcept {
    return at.segment == 0 ? at.offset : at.offset + size(at.segment);
  }

  // From segment 1 on, it is also the segment's first number.
  static constexpr std::uint32_t size(std::uint32_t segment) noexcept {
    return segment == 0 ? First : First << (segment - 1);
  }
};

}  // namespace PLAIT_NAMESPACE::detail
