// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_hash_map. An insert that finds the key locks its element too.
#include <tbb/concurrent_hash_map.h>

#include "count/keyed_counter.bench.hpp"

namespace {

struct string_hash_compare {
  static std::size_t hash(const std::string& key) { return bench::string_hash()(key); }
  static bool equal(const std::string& a, const std::string& b) { return a == b; }
};

template <class Key>
class tbb_hash_map {
 public:
  using key_type = Key;

  void add(bench::key_span<Key> keys) {
    for (const auto& key : keys) {
      typename map::accessor element;
      counts_.insert(element, Key(key));
      ++element->second;
    }
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    for (const auto& [key, count] : counts_) sum += count;
    return sum;
  }

 private:
  using hash_compare =
      std::conditional_t<std::same_as<Key, std::string>, string_hash_compare, tbb::tbb_hash_compare<Key>>;
  using map = tbb::concurrent_hash_map<Key, std::int64_t, hash_compare>;
  map counts_;
};

const bench::registration counters([] { bench::add_keyed_counter<tbb_hash_map>("tbb"); });

}  // namespace
