// SPDX-License-Identifier: MIT
// Into how many shards a cache is divided, and what each has room for.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <plait/cache_options.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/short_hash.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The parts of all shards add up to the capacity. A power of two of them, four for each processor; but none has
// room for few entries, for more than it has numbers for, or for less than the heaviest entry.
class cache_shape {
 public:
  // Throws std::invalid_argument if there is no such cache.
  cache_shape(const cache_options& options, bool has_weights)
      : capacity_(options.capacity),
        first_capacity_(options.capacity),
        has_weights_(has_weights),
        heaviest_(!has_weights            ? 1
                  : options.heaviest != 0 ? options.heaviest
                                          : std::max<std::uint64_t>(options.capacity / 16, 1)) {
    if (capacity_ == 0)
      throw std::invalid_argument("plait::expiring_cache: a capacity of 0 holds nothing; give it room for 1");
    if (heaviest_ > capacity_)
      throw std::invalid_argument("plait::expiring_cache: the heaviest entry weighs more than the capacity");
    // A new entry has its number before another one leaves.
    const std::uint64_t needed =
        has_weights ? 1 : std::bit_ceil(capacity_ / (entry_stamp::most_entries - 1) + 1);
    if (needed > most_shards)
      throw std::invalid_argument("plait::expiring_cache: a capacity of about 2^31 entries or more");
    if (capacity_ > most_weight)
      throw std::invalid_argument("plait::expiring_cache: a capacity of more than 2^62; weigh in larger units");
    const std::uint64_t wanted = std::bit_ceil(std::uint64_t{4} * sync::processor_count());
    const std::uint64_t useful =
        std::bit_floor(std::max<std::uint64_t>(capacity_ / std::max(few, heaviest_), 1));
    shards_ = std::clamp(std::min(wanted, useful), needed, most_shards);
    first_heaviest_ = heaviest_;
  }

  // The same shards with another capacity. If that is lower than the first one, so is the heaviest weight, in
  // proportion. Throws std::invalid_argument if they cannot have it.
  cache_shape with_capacity(std::uint64_t capacity) const {
    if (capacity == 0 || capacity < (first_capacity_ + few - 1) / few)
      throw std::invalid_argument(
          "plait::expiring_cache: a capacity of less than a 256th of the one that it was made with; "
          "remove what is not needed, or make another cache");
    if (capacity > most_weight || (!has_weights_ && capacity / shards_ >= entry_stamp::most_entries - 1))
      throw std::invalid_argument(
          "plait::expiring_cache: a capacity of about 2^23 entries or more for each of its shards, "
          "which do not become more; make another cache");
    cache_shape other = *this;
    other.capacity_ = capacity;
    const std::uint64_t parts = first_capacity_ / first_heaviest_ + (first_capacity_ % first_heaviest_ != 0);
    other.heaviest_ = std::clamp<std::uint64_t>(capacity / parts, 1, first_heaviest_);
    return other;
  }

  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t heaviest() const noexcept { return heaviest_; }
  std::size_t shards() const noexcept { return shards_; }
  std::uint64_t part(std::size_t shard) const noexcept {
    return capacity_ / shards_ + (shard < capacity_ % shards_ ? 1 : 0);
  }

 private:
  static constexpr std::uint64_t few = sync::sized(256, 2);
  static constexpr std::uint64_t most_shards = short_hash::most_shards;
  static constexpr std::uint64_t most_weight = std::uint64_t{1} << 62;

  std::uint64_t capacity_;
  std::uint64_t first_capacity_;  // when the cache was made
  bool has_weights_;
  std::uint64_t heaviest_;
  std::uint64_t first_heaviest_;
  std::size_t shards_;
};

}  // namespace PLAIT_NAMESPACE::detail
