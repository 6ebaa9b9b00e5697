// SPDX-License-Identifier: MIT
// S3-FIFO (Yang et al., SOSP 2023): a small queue of new entries, the main one, and one of keys that have left.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "replay/policies/parts.hpp"

namespace plait::cli {

class s3_fifo {
 public:
  explicit s3_fifo(std::uint64_t capacity) : capacity_(capacity) {}

  void hit(entry_number entry) { hits_[entry] = std::min(hits_[entry] + 1, most_hits); }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t, std::uint64_t entry_weight, Evict&& evict) {
    if (entry_weight > capacity_) return evict(entry);
    lists_.make_room(entry, entry_weight);
    hits_.resize(lists_.room());
    const bool was_here = lists_.contains(ghosts, entry);
    if (was_here) lists_.remove(entry);
    while (weight() > capacity_ - entry_weight) evict_one(evict);
    hits_[entry] = 0;
    lists_.push_front(was_here ? main : small, entry, entry_weight);
  }

  void erase(entry_number entry) { lists_.remove(entry); }

  std::uint64_t weight() const { return lists_.weight(small) + lists_.weight(main); }
  std::uint64_t capacity() const { return capacity_; }

 private:
  enum list : std::size_t { small, main, ghosts };

  std::uint64_t small_part() const { return std::max<std::uint64_t>(capacity_ / 10, 1); }
  std::uint64_t main_part() const { return capacity_ - small_part(); }

  template <class Evict>
  void evict_one(Evict& evict) {
    if (!lists_.empty(small) && (lists_.weight(small) >= small_part() || lists_.empty(main)))
      evict_from_small(evict);
    else
      evict_from_main(evict);
  }

  // Ends when one has left, or all have moved on.
  template <class Evict>
  void evict_from_small(Evict& evict) {
    while (!lists_.empty(small)) {
      const entry_number oldest = lists_.back(small);
      if (hits_[oldest] < 2) return make_ghost(oldest, evict);
      hits_[oldest] = 0;
      lists_.move_to_front(main, oldest);
      if (lists_.weight(main) > main_part()) evict_from_main(evict);
    }
  }

  template <class Evict>
  void evict_from_main(Evict& evict) {
    for (;;) {
      const entry_number oldest = lists_.back(main);
      if (hits_[oldest] == 0) {
        lists_.remove(oldest);
        return evict(oldest);
      }
      --hits_[oldest];
      lists_.move_to_front(main, oldest);
    }
  }

  template <class Evict>
  void make_ghost(entry_number entry, Evict& evict) {
    lists_.move_to_front(ghosts, entry);
    while (lists_.weight(ghosts) > std::max<std::uint64_t>(main_part(), 1)) lists_.remove(lists_.back(ghosts));
    evict(entry);
  }

  static constexpr int most_hits = 3;

  std::uint64_t capacity_;
  entry_lists<3> lists_;
  std::vector<int> hits_;
};
static_assert(eviction_policy<s3_fifo>);

}  // namespace plait::cli
