// SPDX-License-Identifier: MIT
// About how often each key was asked for lately: a count-min sketch of 4-bit counters that age.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Estimates are never too low, but for aging: when ten times as many adds were counted as the sketch has room
// for entries, all counters are halved. Eight bytes for each entry.
class frequency_sketch {
 public:
  static constexpr unsigned most = 15;

  unsigned frequency(std::uint64_t hash) const noexcept {
    const std::uint64_t* const block = &counters_[block_of(hash)];
    unsigned least = most;
    for_each_counter(hash, [&](std::size_t word, unsigned shift) noexcept {
      least = std::min(least, static_cast<unsigned>(block[word] >> shift) & most);
    });
    return least;
  }

  void add(std::uint64_t hash) noexcept {
    std::uint64_t* const block = &counters_[block_of(hash)];
    std::uint64_t added = 0;
    for_each_counter(hash, [&](std::size_t word, unsigned shift) noexcept {
      const std::uint64_t grows = (block[word] >> shift & most) != most ? 1 : 0;
      block[word] += grows << shift;
      added |= grows;
    });
    adds_ += added;
    if (adds_ >= adds_until_aging * size_) [[unlikely]]
      age();
  }

  // Asks for the counters of a hash.
  void prefetch(std::uint64_t hash) const noexcept { sync::prefetch(&counters_[block_of(hash)]); }

  // Grows until there is room for that many entries. Estimates stay as they are: a hash that moves to a new
  // block finds there a copy of its old one.
  void make_room(std::size_t entries) {
    while (size_ < entries) {
      counters_.reserve(2 * size_);
      std::copy_n(counters_.begin(), size_, std::back_inserter(counters_));
      size_ = counters_.size();
    }
  }

 private:
  static constexpr std::size_t block_words = 8;  // a cache line holds all four counters of a key
  static constexpr std::size_t adds_until_aging = 10;

  std::size_t block_of(std::uint64_t hash) const noexcept { return hash * block_words & (size_ - block_words); }

  // Calls use(word of the block, place in the word) for one counter in each quarter of a block. Not a loop, in
  // which these would go through memory.
  template <class Use>
  static void for_each_counter(std::uint64_t hash, Use use) noexcept {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (use(2 * I + (hash >> (32 + 8 * I) & 1), static_cast<unsigned>(hash >> (31 + 8 * I)) & 15 * 4), ...);
    }(std::make_index_sequence<4>());
  }

  void age() noexcept {
    for (std::uint64_t& word : counters_) word = word >> 1 & 0x7777777777777777;
    adds_ /= 2;
  }

  std::vector<std::uint64_t> counters_ = std::vector<std::uint64_t>(block_words);  // 16 counters each
  std::size_t size_ = block_words;  // of counters_: a power of two
  std::size_t adds_ = 0;            // since, and half of those before
};

}  // namespace PLAIT_NAMESPACE::detail
