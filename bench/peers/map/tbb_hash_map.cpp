// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_hash_map. Reads take a const_accessor, which shares its lock with other reads.
#include <tbb/concurrent_hash_map.h>

#include "map/hash_map.bench.hpp"

namespace {

struct string_hash_compare {
  using is_transparent = void;
  static std::size_t hash(std::string_view key) { return bench::string_hash()(key); }
  static bool equal(std::string_view a, std::string_view b) { return a == b; }
};

template <class Key>
class tbb_hash_map {
 public:
  using key_type = Key;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(bench::lookup_key<Key> key) {
    typename map::const_accessor found;
    return map_.find(found, key) ? std::optional(found->second) : std::nullopt;
  }
  [[gnu::always_inline]] bool insert(const Key& key, std::uint64_t value) { return map_.insert({key, value}); }
  [[gnu::always_inline]] bool erase(bench::lookup_key<Key> key) { return map_.erase(key); }
  [[gnu::always_inline]] void increment(bench::lookup_key<Key> key) {
    typename map::accessor found;
    if (map_.find(found, key)) ++found->second;
  }

 private:
  using hash_compare =
      std::conditional_t<std::same_as<Key, std::string>, string_hash_compare, tbb::tbb_hash_compare<Key>>;
  using map = tbb::concurrent_hash_map<Key, std::uint64_t, hash_compare>;
  map map_;
};

const bench::registration maps([] { bench::add_hash_map<tbb_hash_map>("tbb"); });

}  // namespace
