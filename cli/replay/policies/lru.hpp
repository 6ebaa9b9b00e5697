// SPDX-License-Identifier: MIT
// Least recently used, and first in, first out: one list, which a hit reorders or does not.
#pragma once

#include <cstdint>

#include "replay/policies/parts.hpp"

namespace plait::cli {

template <bool HitsReorder>
class one_list {
 public:
  explicit one_list(std::uint64_t capacity) : capacity_(capacity) {}

  void hit(entry_number entry) {
    if constexpr (HitsReorder) list_.move_to_front(0, entry);
  }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t, std::uint64_t entry_weight, Evict&& evict) {
    if (entry_weight > capacity_) return evict(entry);
    while (weight() > capacity_ - entry_weight) {
      const entry_number last = list_.back(0);
      list_.remove(last);
      evict(last);
    }
    list_.make_room(entry, entry_weight);
    list_.push_front(0, entry, entry_weight);
  }

  void erase(entry_number entry) { list_.remove(entry); }

  std::uint64_t weight() const { return list_.weight(0); }
  std::uint64_t capacity() const { return capacity_; }

 private:
  std::uint64_t capacity_;
  entry_lists<1> list_;
};

using lru = one_list<true>;
using fifo = one_list<false>;
static_assert(eviction_policy<lru> && eviction_policy<fifo>);

}  // namespace plait::cli
