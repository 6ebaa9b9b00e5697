// SPDX-License-Identifier: MIT
// Hashes of a cache's keys, of which it is enough to keep half.
#pragma once

#include <cstddef>
#include <cstdint>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

//   bits 63 .. 40   made of those below
//   bits 31 .. 24   the number of the key's shard
//   the others      of the key's hash: 32 bits, which with the shard say all
class short_hash {
 public:
  static constexpr std::size_t most_shards = 256;

  // `hash`: every bit of it good.
  static constexpr std::uint64_t of(std::uint64_t hash, std::size_t shards) noexcept {
    return made_of((hash & own_bits) | (hash & (shards - 1) << first_of_shard));
  }
  static constexpr std::size_t shard(std::uint64_t of) noexcept {
    return of >> first_of_shard & (most_shards - 1);
  }

  static constexpr std::uint32_t kept(std::uint64_t of) noexcept {
    return static_cast<std::uint32_t>((of & low) | (of >> 8 & ~low));
  }
  static constexpr std::uint64_t of_kept(std::uint32_t kept, std::uint64_t bits_of_shard) noexcept {
    return made_of((kept & low) | (std::uint64_t{kept} & ~low) << 8 | bits_of_shard);
  }
  static constexpr std::uint64_t bits_of(std::size_t shard) noexcept {
    return std::uint64_t{shard} << first_of_shard;
  }

 private:
  static constexpr unsigned first_of_shard = 24;
  static constexpr std::uint64_t low = (std::uint64_t{1} << first_of_shard) - 1;
  static constexpr std::uint64_t own_bits = low | std::uint64_t{0xff} << 32;

  // The highest bits of a product depend on all bits of its factors.
  static constexpr std::uint64_t made_of(std::uint64_t bits) noexcept {
    return (bits * 0x9e3779b97f4a7c15 >> 40 << 40) | bits;
  }
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
