// SPDX-License-Identifier: MIT
// Which slots of a block are taken, and a byte of each key's hash, in one word.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <plait/detail/map/slot_set.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A byte for each slot: 0 if it is free, else seven bits of its key's hash, or 1 if these are 0. Slots are
// taken from the first on, without gaps.
class block_tags {
 public:
  using tag = std::uint8_t;

  static constexpr std::size_t most_slots = 8;

  // Bits of the hash that choose neither the segment nor the block.
  static constexpr tag tag_of(std::uint64_t hash) noexcept {
    return static_cast<tag>(std::max<std::uint64_t>(hash >> 16 & 0x7f, 1));
  }

  constexpr block_tags() noexcept = default;
  explicit constexpr block_tags(std::uint64_t bytes) noexcept : bytes_(bytes) {}
  constexpr std::uint64_t bytes() const noexcept { return bytes_; }

  constexpr std::size_t taken() const noexcept {
    return (static_cast<std::size_t>(std::bit_width(bytes_)) + 7) / 8;
  }
  constexpr slot_set taken_slots() const noexcept { return slot_set::of_first(taken()); }
  constexpr tag operator[](std::size_t slot) const noexcept { return static_cast<tag>(bytes_ >> 8 * slot); }

  constexpr block_tags with(std::size_t slot, tag of) const noexcept {
    return block_tags((bytes_ & ~(every_bit << 8 * slot)) | std::uint64_t{of} << 8 * slot);
  }
  constexpr block_tags without(std::size_t slot) const noexcept { return with(slot, 0); }

  // The slots with this tag, one after the other. Exact: a slot that is free is none of them.
  class matches {
   public:
    constexpr bool has_next() const noexcept { return bits_ != 0; }
    constexpr std::size_t next() noexcept {
      const std::size_t slot = static_cast<unsigned>(std::countr_zero(bits_)) / 8;
      bits_ &= bits_ - 1;
      return slot;
    }

   private:
    friend block_tags;
    explicit constexpr matches(std::uint64_t bits) noexcept : bits_(bits) {}
    std::uint64_t bits_;  // the highest of each byte that matches
  };

  constexpr matches find(tag wanted) const noexcept {
    constexpr std::uint64_t highest = 0x80 * every_lowest;
    // Of each byte: 0x80 less the bits that differ, which are below, keeps the highest bit if there are none.
    return matches((highest - (bytes_ ^ wanted * every_lowest)) & highest);
  }

 private:
  static constexpr std::uint64_t every_bit = 0xff;
  static constexpr std::uint64_t every_lowest = 0x0101010101010101;

  std::uint64_t bytes_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
