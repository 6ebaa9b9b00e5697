// SPDX-License-Identifier: MIT
// mutex_flat_map: std::mutex and Boost's unordered_flat_map, the fastest table for one thread.
// sharded_flat_map: 64 of these, of which the upper bits of the hash choose one.
#include <array>
#include <bit>

#include <boost/unordered/unordered_flat_map.hpp>

#include "map/hash_map.bench.hpp"
#include "peers/map/boost_hash.hpp"
#include "peers/map/mutex_map.hpp"

namespace {

template <class Key>
using mutex_flat_map =
    mutex_map<boost::unordered_flat_map<Key, std::uint64_t, boost_hash<Key>, std::equal_to<>>>;

template <class Key>
class sharded_flat_map {
 public:
  using key_type = Key;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(bench::lookup_key<Key> key) const {
    return shard_of(key).map.find(key);
  }
  [[gnu::always_inline]] bool insert(const Key& key, std::uint64_t value) {
    return shard_of(key).map.insert(key, value);
  }
  [[gnu::always_inline]] bool erase(bench::lookup_key<Key> key) { return shard_of(key).map.erase(key); }
  [[gnu::always_inline]] void increment(bench::lookup_key<Key> key) { shard_of(key).map.increment(key); }

 private:
  struct alignas(128) shard {
    mutex_flat_map<Key> map;
  };
  static constexpr std::size_t shard_count = 64;

  // The hash of a number is the number, more or less: its upper bits come from a multiplication.
  static std::size_t index(bench::lookup_key<Key> key) {
    return boost_hash<Key>()(key) * 0x9e3779b97f4a7c15 >> (64 - std::bit_width(shard_count - 1));
  }
  shard& shard_of(bench::lookup_key<Key> key) { return shards_[index(key)]; }
  const shard& shard_of(bench::lookup_key<Key> key) const { return shards_[index(key)]; }

  std::array<shard, shard_count> shards_;
};

const bench::registration maps([] {
  bench::add_hash_map<mutex_flat_map>("mutex_flat_map");
  bench::add_hash_map<sharded_flat_map>("sharded_flat_map");
});

}  // namespace
