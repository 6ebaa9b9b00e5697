// SPDX-License-Identifier: MIT
// About how often each key was asked for lately: a count-min sketch of 4-bit counters that age.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Estimates are never too low, but for aging: when ten times as many adds were counted as the sketch has room
// for entries, all counters are halved. Eight bytes for each entry.
class frequency_sketch {
 public:
  static constexpr unsigned most = 15;

  unsigned frequency(std::uint64_t hash) const noexcept {
    const block& own = blocks_[block_of(hash)];
    unsigned least = most;
    for_each_counter(hash, [&](std::size_t byte, std::size_t half) noexcept {
      least = std::min(least, unsigned{own.bytes[byte]} >> 4 * half & most);
    });
    return least;
  }

  void add(std::uint64_t hash) noexcept {
    block& own = blocks_[block_of(hash)];
    unsigned added = 0;
    for_each_counter(hash, [&](std::size_t byte, std::size_t half) noexcept {
      const std::uint8_t before = own.bytes[byte];
      own.bytes[byte] = one_more[half][before];
      added |= unsigned{before} ^ own.bytes[byte];
    });
    adds_ += added != 0 ? 1 : 0;
    if (adds_ >= adds_until_aging * room()) [[unlikely]]
      age();
  }

  // Asks for the counters of a hash.
  void prefetch(std::uint64_t hash) const noexcept { sync::prefetch(&blocks_[block_of(hash)]); }

  // Grows until there is room for that many entries. Estimates stay as they are: a hash that moves to a new
  // block finds there a copy of its old one.
  void make_room(std::size_t entries) {
    while (room() < entries) {
      blocks_.reserve(2 * size_);
      std::copy_n(blocks_.begin(), size_, std::back_inserter(blocks_));
      size_ = blocks_.size();
    }
  }

 private:
  static constexpr std::size_t adds_until_aging = 10;
  static constexpr std::size_t entries_of_block = 8;

  // All four counters of a key are in one line. In each byte there are two.
  struct alignas(cache_line) block {
    std::array<std::uint8_t, cache_line> bytes{};
  };

  // What becomes of a byte if its lower counter, or its upper one, is added to. Computing it would take more
  // instructions.
  static constexpr auto one_more = [] {
    std::array<std::array<std::uint8_t, 256>, 2> made{};
    for (unsigned byte = 0; byte != 256; ++byte) {
      made[0][byte] = static_cast<std::uint8_t>(byte + ((byte & most) != most ? 1 : 0));
      made[1][byte] = static_cast<std::uint8_t>(byte + (byte >> 4 != most ? 1 << 4 : 0));
    }
    return made;
  }();

  std::size_t room() const noexcept { return size_ * entries_of_block; }
  std::size_t block_of(std::uint64_t hash) const noexcept { return hash & (size_ - 1); }

  // Calls use(byte of the block, half of the byte) for one counter in each quarter of a block. Not a loop, in
  // which these would go through memory.
  template <class Use>
  static void for_each_counter(std::uint64_t hash, Use use) noexcept {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (use(16 * I + (hash >> (32 + 8 * I) & 15), hash >> (36 + 8 * I) & 1), ...);
    }(std::make_index_sequence<4>());
  }

  void age() noexcept {
    for (block& each : blocks_)
      for (std::uint8_t& byte : each.bytes) byte = byte >> 1 & 0x77;
    adds_ /= 2;
  }

  std::vector<block> blocks_ = std::vector<block>(1);
  std::size_t size_ = 1;  // of blocks_: a power of two
  std::size_t adds_ = 0;  // since, and half of those before
};

}  // namespace PLAIT_NAMESPACE::detail
