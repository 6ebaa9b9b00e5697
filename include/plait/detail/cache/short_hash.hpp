// SPDX-License-Identifier: MIT
// Hashes of a cache's keys, of which it is enough to keep half.
#pragma once

#include <cstddef>
#include <cstdint>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// 40 bits of a key's hash, 32 that are kept and above them the number of its shard, times an odd number: that
// can be undone, and spreads them over 64 bits, of which the highest ones depend on all of them.
class short_hash {
 public:
  static constexpr std::size_t most_shards = 256;

  // `hash`: every bit of it good.
  static constexpr std::uint64_t of(std::uint64_t hash, std::size_t shards) noexcept {
    return (hash & ((std::uint64_t{shards} << kept_bits) - 1)) * factor;
  }
  static constexpr std::size_t shard(std::uint64_t of) noexcept { return of * inverse >> kept_bits; }

  static constexpr std::uint32_t kept(std::uint64_t of) noexcept {
    return static_cast<std::uint32_t>(of * inverse);
  }
  static constexpr std::uint64_t of_kept(std::uint32_t kept, std::uint64_t bits_of_shard) noexcept {
    return (bits_of_shard | kept) * factor;
  }
  static constexpr std::uint64_t bits_of(std::size_t shard) noexcept {
    return std::uint64_t{shard} << kept_bits;
  }

 private:
  static constexpr unsigned kept_bits = 32;
  static constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t inverse = 0xf1de83e19937733d;
  static_assert(factor * inverse == 1);
};

// The hashes of the entries of a shard, four bytes for each.
class short_hashes {
 public:
  short_hashes(std::size_t shard, std::uint64_t most) : shard_(short_hash::bits_of(shard)), all_(most) {}

  void make_room(std::size_t entries) { all_.make_room(entries); }
  void set(entry_number entry, std::uint64_t hash) noexcept { all_[entry] = short_hash::kept(hash); }
  std::uint64_t of(entry_number entry) const noexcept { return short_hash::of_kept(all_[entry], shard_); }

 private:
  std::uint64_t shard_;  // its bits of all hashes
  entry_array<std::uint32_t> all_;
};

}  // namespace PLAIT_NAMESPACE::detail
