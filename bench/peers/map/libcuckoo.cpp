// SPDX-License-Identifier: MIT
// libcuckoo: its cuckoohash_map.
#include <libcuckoo/cuckoohash_map.hh>

#include "map/hash_map.bench.hpp"

namespace {

template <class Key>
class cuckoo_map {
 public:
  using key_type = Key;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(bench::lookup_key<Key> key) const {
    std::optional<std::uint64_t> found;
    map_.find_fn(key, [&](std::uint64_t value) { found = value; });
    return found;
  }
  [[gnu::always_inline]] bool insert(const Key& key, std::uint64_t value) { return map_.insert(key, value); }
  [[gnu::always_inline]] bool erase(bench::lookup_key<Key> key) { return map_.erase(key); }
  [[gnu::always_inline]] void increment(bench::lookup_key<Key> key) {
    map_.update_fn(key, [](std::uint64_t& value) { ++value; });
  }

 private:
  libcuckoo::cuckoohash_map<Key, std::uint64_t, bench::peer_hash<Key>, std::equal_to<>> map_;
};

const bench::registration maps([] { bench::add_hash_map<cuckoo_map>("libcuckoo"); });

}  // namespace
