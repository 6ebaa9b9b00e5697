// SPDX-License-Identifier: MIT
// SIEVE (Zhang et al., NSDI 2024): one list, and a hand that walks to its front and leaves what was hit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "replay/policies/parts.hpp"

namespace plait::cli {

class sieve {
 public:
  explicit sieve(std::uint64_t capacity) : capacity_(capacity) {}

  void hit(entry_number entry) { visited_[entry] = true; }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t, std::uint64_t entry_weight, Evict&& evict) {
    if (entry_weight > capacity_) return evict(entry);
    while (weight() > capacity_ - entry_weight) {
      const entry_number victim = find_victim();
      erase(victim);
      evict(victim);
    }
    list_.make_room(entry, entry_weight);
    visited_.resize(list_.room());
    visited_[entry] = false;
    list_.push_front(0, entry, entry_weight);
  }

  void erase(entry_number entry) {
    if (hand_ == entry) step();
    list_.remove(entry);
  }

  std::uint64_t weight() const { return list_.weight(0); }
  std::uint64_t capacity() const { return capacity_; }

 private:
  entry_number find_victim() {
    if (!hand_) hand_ = list_.back(0);
    while (visited_[*hand_]) {
      visited_[*hand_] = false;
      hand_ = list_.before(*hand_);
    }
    return *hand_;
  }

  // From the front, the hand goes on at the back.
  void step() {
    const entry_number next = list_.before(*hand_);
    hand_ = next == hand_ ? std::nullopt : std::optional(next);
  }

  std::uint64_t capacity_;
  entry_lists<1> list_;
  std::vector<bool> visited_;
  std::optional<entry_number> hand_;  // none: at the back
};
static_assert(eviction_policy<sieve>);

}  // namespace plait::cli
