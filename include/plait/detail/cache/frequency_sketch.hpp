// SPDX-License-Identifier: MIT
// About how often each key was asked for lately: a count-min sketch of 4-bit counters that age.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Estimates are never too low, but for aging: when ten times as many adds were counted as the sketch has room
// for entries, all counters are halved. Eight bytes for each entry.
class frequency_sketch {
 public:
  static constexpr unsigned most = 15;

  unsigned frequency(std::uint64_t hash) const noexcept {
    unsigned least = most;
    for (const counter& each : counters_of(hash)) least = std::min(least, value(each));
    return least;
  }

  void add(std::uint64_t hash) noexcept {
    bool added = false;
    for (const counter& each : counters_of(hash)) {
      if (value(each) == most) continue;
      counters_[each.word] += std::uint64_t{1} << each.shift;
      added = true;
    }
    if (added && ++adds_ >= adds_until_aging * counters_.size()) age();
  }

  // Asks for the counters of a hash.
  void prefetch(std::uint64_t hash) const noexcept { sync::prefetch(&counters_[counters_of(hash)[0].word]); }

  // Grows until there is room for that many entries. Estimates stay as they are: a hash that moves to a new
  // block finds there a copy of its old one.
  void make_room(std::size_t entries) {
    while (counters_.size() < entries) {
      const std::size_t size = counters_.size();
      counters_.reserve(2 * size);
      std::copy_n(counters_.begin(), size, std::back_inserter(counters_));
    }
  }

 private:
  static constexpr std::size_t block_words = 8;  // a cache line holds all four counters of a key
  static constexpr std::size_t adds_until_aging = 10;

  struct counter {
    std::size_t word;
    unsigned shift;
  };

  // One counter in each quarter of a block.
  std::array<counter, 4> counters_of(std::uint64_t hash) const noexcept {
    const std::size_t block = (hash & (counters_.size() / block_words - 1)) * block_words;
    std::array<counter, 4> found;
    for (unsigned i = 0; i != 4; ++i) {
      const auto bits = static_cast<unsigned>(hash >> (32 + 8 * i));
      found[i] = {block + std::size_t{2} * i + (bits & 1), (bits >> 1 & 15) * 4};
    }
    return found;
  }

  unsigned value(const counter& of) const noexcept {
    return static_cast<unsigned>(counters_[of.word] >> of.shift) & most;
  }

  void age() noexcept {
    for (std::uint64_t& word : counters_) word = word >> 1 & 0x7777777777777777;
    adds_ /= 2;
  }

  std::vector<std::uint64_t> counters_ =
      std::vector<std::uint64_t>(block_words);  // a power of two; 16 counters each
  std::size_t adds_ = 0;                        // since, and half of those before
};

}  // namespace PLAIT_NAMESPACE::detail
