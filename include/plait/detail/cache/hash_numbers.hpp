// SPDX-License-Identifier: MIT
// Numbers for hashes: small ones, by which arrays can be indexed.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A hash has a number as long as somebody holds it. Then the number may become that of another hash.
class hash_numbers {
 public:
  static constexpr entry_number none = static_cast<entry_number>(-1);

  // Another holder of the hash. If it throws, nothing has changed.
  entry_number hold(std::uint64_t hash) {
    if (const entry_number found = find(hash); found != none) return ++all_[found].holders, found;
    make_room();
    entry_number number = free_;
    if (number == none) {
      number = static_cast<entry_number>(all_.size());
      all_.emplace_back();
    } else {
      free_ = all_[number].next;
    }
    all_[number] = {hash, std::exchange(first_[chain_of(hash)], number), 1};
    ++held_;
    return number;
  }
  // Another holder of a number that is held.
  void hold_again(entry_number number) noexcept { ++all_[number].holders; }

  void let_go(entry_number number) noexcept {
    if (--all_[number].holders != 0) return;
    entry_number* link = &first_[chain_of(all_[number].hash)];
    while (*link != number) link = &all_[*link].next;
    *link = all_[number].next;
    all_[number].next = std::exchange(free_, number);
    --held_;
  }

  // The number of a hash that somebody holds, or `none`.
  entry_number find(std::uint64_t hash) const noexcept {
    if (first_.empty()) return none;
    entry_number at = first_[chain_of(hash)];
    while (at != none && all_[at].hash != hash) at = all_[at].next;
    return at;
  }
  std::size_t holders_of(entry_number number) const noexcept { return all_[number].holders; }

  // Of a number that is held, or was.
  std::uint64_t hash_of(entry_number number) const noexcept { return all_[number].hash; }

  // All numbers are below it.
  std::size_t size() const noexcept { return all_.size(); }
  // How many hashes somebody holds.
  std::size_t held() const noexcept { return held_; }

 private:
  static constexpr std::size_t least = sync::sized(16, 2);

  struct numbered {
    std::uint64_t hash = 0;
    entry_number next = none;  // in its chain; or of those that nobody holds
    std::uint32_t holders = 0;
  };

  // Not by the bits that choose the sample.
  std::size_t chain_of(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>(hash * 0x9e3779b97f4a7c15 >> 24) & (first_.size() - 1);
  }

  // For one more number.
  void make_room() {
    if (free_ != none || all_.size() != all_.capacity()) return;
    const std::size_t room = std::max(least, all_.size() + all_.size() / 2);
    std::vector<entry_number> chains(std::bit_floor(room), none);
    all_.reserve(room);
    first_ = std::move(chains);
    for (entry_number number = 0; number != all_.size(); ++number)  // all of them are held
      all_[number].next = std::exchange(first_[chain_of(all_[number].hash)], number);
  }

  std::vector<numbered> all_;        // by number
  std::vector<entry_number> first_;  // of each chain: of those whose hashes have some bits in common
  entry_number free_ = none;         // the first that nobody holds
  std::size_t held_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
