// SPDX-License-Identifier: MIT
// Keys, each as often as its count says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A range over keys with counts, which it owns: each key as often as its count, none if that is below 1. The
// keys are not copied for it, so a count of a billion takes no memory.
template <class Key>
class repeated_keys {
  using counts = std::vector<std::pair<Key, std::int64_t>>;

 public:
  explicit repeated_keys(counts of) : counts_(std::move(of)) {
    std::erase_if(counts_, [](const auto& each) { return each.second < 1; });
  }

  class iterator {
   public:
    using value_type = Key;
    using difference_type = std::ptrdiff_t;
    using reference = const Key&;
    using pointer = const Key*;
    using iterator_category = std::forward_iterator_tag;

    iterator() = default;
    explicit iterator(counts::const_iterator at) : at_(at) {}

    reference operator*() const { return at_->first; }
    pointer operator->() const { return &at_->first; }
    iterator& operator++() {
      if (++shown_ == at_->second) {
        ++at_;
        shown_ = 0;
      }
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    counts::const_iterator at_;
    std::int64_t shown_ = 0;  // how often before; less than the count
  };

  iterator begin() const { return iterator(counts_.begin()); }
  iterator end() const { return iterator(counts_.end()); }

 private:
  counts counts_;  // all positive
};

}  // namespace PLAIT_NAMESPACE::detail
