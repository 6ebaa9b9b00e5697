// SPDX-License-Identifier: MIT
// mutex_flat_map: std::mutex and Boost's unordered_flat_map, the fastest table for one thread.
// sharded_flat_map: 64 of these, of which the upper bits of the hash choose one.
#include <array>
#include <bit>

#include <boost/unordered/unordered_flat_map.hpp>

#include "peers/count/mutex_counts.hpp"
#include "peers/map/boost_hash.hpp"

namespace {

template <class Key>
using mutex_flat_map =
    bench::mutex_counts<boost::unordered_flat_map<Key, std::int64_t, boost_hash<Key>, std::equal_to<>>>;

template <class Key>
class sharded_flat_map {
 public:
  using key_type = Key;

  void add(bench::key_span<Key> keys) {
    for (const auto& key : keys) shards_[index(key)].counts.add_one(key);
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    for (shard& each : shards_) sum += each.counts.total();
    return sum;
  }

 private:
  struct alignas(128) shard {
    mutex_flat_map<Key> counts;
  };
  static constexpr std::size_t shard_count = 64;

  // The hash of a number is the number, more or less: its upper bits come from a multiplication.
  static std::size_t index(bench::counted_key<Key> key) {
    return boost_hash<Key>()(key) * 0x9e3779b97f4a7c15 >> (64 - std::bit_width(shard_count - 1));
  }

  std::array<shard, shard_count> shards_;
};

const bench::registration counters([] {
  bench::add_keyed_counter<mutex_flat_map>("mutex_flat_map");
  bench::add_keyed_counter<sharded_flat_map>("sharded_flat_map");
});

}  // namespace
