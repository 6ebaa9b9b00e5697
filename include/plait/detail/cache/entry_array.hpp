// SPDX-License-Identifier: MIT
// An array with an element for each entry of a cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// It grows by half, but to no more than `most` elements as long as those are enough: a cache that has room for
// so many entries, and is full, wastes none.
template <class T>
class entry_array {
 public:
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  explicit entry_array(std::uint64_t most = unlimited) : most_(most) {}

  // New elements are copies of `fresh`. If it throws, nothing has changed.
  void make_room(std::size_t elements, const T& fresh = T()) {
    if (elements <= size_) [[likely]]
      return;
    const std::size_t more = elements + elements / 2;
    if (elements > all_.capacity())
      all_.reserve(elements <= most_ ? static_cast<std::size_t>(std::min<std::uint64_t>(more, most_)) : more);
    all_.resize(elements, fresh);
    size_ = elements;
  }

  std::size_t size() const noexcept { return size_; }
  T& operator[](std::size_t index) noexcept { return all_[index]; }
  const T& operator[](std::size_t index) const noexcept { return all_[index]; }

 private:
  std::uint64_t most_;
  std::size_t size_ = 0;  // of all_, which would have to compute it
  std::vector<T> all_;
};

}  // namespace PLAIT_NAMESPACE::detail
