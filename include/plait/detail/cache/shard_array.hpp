// SPDX-License-Identifier: MIT
// The shards of a cache, side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <plait/detail/cache/short_hash.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A power of two of objects that are never moved.
template <class Shard, class Allocator>
class shard_array {
 public:
  // Calls make(Shard* place, number) for each.
  template <class Make>
  shard_array(std::size_t count, const Allocator& allocator, Make make) : allocator_(allocator), count_(count) {
    shards_ = std::to_address(traits::allocate(allocator_, count_));
    std::size_t made = 0;
    try {
      for (; made != count_; ++made) make(shards_ + made, made);
    } catch (...) {
      free(made);
      throw;
    }
  }
  shard_array(const shard_array&) = delete;
  shard_array& operator=(const shard_array&) = delete;
  ~shard_array() { free(count_); }

  std::size_t size() const noexcept { return count_; }
  // `hash` is a short_hash of so many shards.
  Shard& of(std::uint64_t hash) const noexcept { return shards_[short_hash::shard(hash)]; }

  Shard* begin() const noexcept { return shards_; }
  Shard* end() const noexcept { return shards_ + count_; }

 private:
  using traits = typename std::allocator_traits<Allocator>::template rebind_traits<Shard>;

  void free(std::size_t made) noexcept {
    std::destroy_n(shards_, made);
    traits::deallocate(allocator_, std::pointer_traits<typename traits::pointer>::pointer_to(*shards_), count_);
  }

  [[no_unique_address]] typename traits::allocator_type allocator_;
  std::size_t count_;
  Shard* shards_;
};

}  // namespace PLAIT_NAMESPACE::detail
