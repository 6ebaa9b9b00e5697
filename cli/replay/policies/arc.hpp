// SPDX-License-Identifier: MIT
// ARC (Megiddo and Modha, FAST 2003): what was seen once, what was seen twice, and keys that have left either.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "replay/policies/parts.hpp"

namespace plait::cli {

class arc {
 public:
  explicit arc(std::uint64_t capacity) : capacity_(capacity) {}

  void hit(entry_number entry) { lists_.move_to_front(twice, entry); }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t, std::uint64_t entry_weight, Evict&& evict) {
    if (entry_weight > capacity_) return evict(entry);
    lists_.make_room(entry, entry_weight);
    if (lists_.contains(once_ghosts, entry)) {
      adapt(once_ghosts, twice_ghosts, entry_weight);
      make_room(entry_weight, false, evict);
    } else if (lists_.contains(twice_ghosts, entry)) {
      adapt(twice_ghosts, once_ghosts, entry_weight);
      make_room(entry_weight, true, evict);
    } else {
      forget_for(entry_weight, evict);
      make_room(entry_weight, false, evict);
      return lists_.push_front(once, entry, entry_weight);
    }
    if (lists_.contains(entry)) lists_.remove(entry);
    lists_.push_front(twice, entry, entry_weight);
  }

  void erase(entry_number entry) { lists_.remove(entry); }

  std::uint64_t weight() const { return lists_.weight(once) + lists_.weight(twice); }
  std::uint64_t capacity() const { return capacity_; }

 private:
  enum list : std::size_t { once, twice, once_ghosts, twice_ghosts };

  // What was seen once gets more room when one of its ghosts comes back, and less when the others' does.
  void adapt(list came_back, list other, std::uint64_t entry_weight) {
    const auto in_other = static_cast<double>(lists_.weight(other));
    const double step = static_cast<double>(entry_weight) *
                        std::max(1.0, in_other / static_cast<double>(lists_.weight(came_back)));
    target_ += came_back == once_ghosts ? step : -step;
    target_ = std::clamp(target_, 0.0, static_cast<double>(capacity_));
  }

  // For a key that is new: what was seen once, with its ghosts, is at most the capacity, and all at most
  // twice that.
  template <class Evict>
  void forget_for(std::uint64_t entry_weight, Evict& evict) {
    while (lists_.weight(once) + lists_.weight(once_ghosts) > capacity_ - entry_weight) {
      const bool has_ghosts = !lists_.empty(once_ghosts);
      const entry_number last = lists_.back(has_ghosts ? once_ghosts : once);
      lists_.remove(last);
      if (!has_ghosts) evict(last);
    }
    while (!lists_.empty(twice_ghosts) &&
           weight() + lists_.weight(once_ghosts) + lists_.weight(twice_ghosts) > 2 * capacity_ - entry_weight)
      lists_.remove(lists_.back(twice_ghosts));
  }

  template <class Evict>
  void make_room(std::uint64_t entry_weight, bool twice_came_back, Evict& evict) {
    while (weight() > capacity_ - entry_weight) {
      const auto seen_once = static_cast<double>(lists_.weight(once));
      const bool from_once =
          !lists_.empty(once) && (seen_once > target_ || (twice_came_back && seen_once >= target_));
      const list from = from_once || lists_.empty(twice) ? once : twice;
      const entry_number last = lists_.back(from);
      lists_.move_to_front(from == once ? once_ghosts : twice_ghosts, last);
      evict(last);
    }
  }

  std::uint64_t capacity_;
  double target_ = 0;  // the weight that entries seen once should have
  entry_lists<4> lists_;
};
static_assert(eviction_policy<arc>);

}  // namespace plait::cli
