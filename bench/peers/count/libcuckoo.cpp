// SPDX-License-Identifier: MIT
// libcuckoo: its cuckoohash_map, with upsert.
#include <libcuckoo/cuckoohash_map.hh>

#include "count/keyed_counter.bench.hpp"

namespace {

template <class Key>
class cuckoo_map {
 public:
  using key_type = Key;

  void add(bench::key_span<Key> keys) {
    for (const auto& key : keys) counts_.upsert(key, [](std::int64_t& count) { ++count; }, 1);
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    const auto all = counts_.lock_table();
    for (const auto& [key, count] : all) sum += count;
    return sum;
  }

 private:
  libcuckoo::cuckoohash_map<Key, std::int64_t, bench::counted_key_hash<Key>, std::equal_to<>> counts_;
};

const bench::registration counters([] { bench::add_keyed_counter<cuckoo_map>("libcuckoo"); });

}  // namespace
