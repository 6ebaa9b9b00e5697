// SPDX-License-Identifier: MIT
// boost_concurrent_flat_map: Boost's, from 1.83 on; tools/fetch-boost gets one where the system's is older.
// Reads are cvisit, which shares its lock with other reads.
#include <boost/unordered/concurrent_flat_map.hpp>

#include "map/hash_map.bench.hpp"
#include "peers/map/boost_hash.hpp"

namespace {

template <class Key>
class boost_flat_map {
 public:
  using key_type = Key;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(bench::lookup_key<Key> key) const {
    std::optional<std::uint64_t> found;
    map_.cvisit(key, [&](const auto& element) { found = element.second; });
    return found;
  }
  [[gnu::always_inline]] bool insert(const Key& key, std::uint64_t value) { return map_.emplace(key, value); }
  [[gnu::always_inline]] bool erase(bench::lookup_key<Key> key) { return map_.erase(key) != 0; }
  [[gnu::always_inline]] void increment(bench::lookup_key<Key> key) {
    map_.visit(key, [](auto& element) { ++element.second; });
  }

 private:
  boost::concurrent_flat_map<Key, std::uint64_t, boost_hash<Key>, std::equal_to<>> map_;
};

const bench::registration maps([] { bench::add_hash_map<boost_flat_map>("boost_concurrent_flat_map"); });

}  // namespace
