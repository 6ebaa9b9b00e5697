// SPDX-License-Identifier: MIT
// plait's own keyed_counter, key by key and in batches, and a map with one lock.
#include "count/keyed_counter.bench.hpp"

#include <unordered_map>

#include <plait/keyed_counter.hpp>

#include "peers/count/mutex_counts.hpp"

namespace {

template <class Key>
class one_by_one {
 public:
  using key_type = Key;
  void add(bench::key_span<Key> keys) {
    for (const auto& key : keys) counter_.add(key);
  }
  std::int64_t total() { return counter_.total(); }

 private:
  plait::keyed_counter<Key> counter_;
};

template <class Key>
class many_at_a_time {
 public:
  using key_type = Key;
  void add(bench::key_span<Key> keys) { counter_.update(keys); }
  std::int64_t total() { return counter_.total(); }

 private:
  plait::keyed_counter<Key> counter_;
};

template <class Key>
using mutex_unordered_map =
    bench::mutex_counts<std::unordered_map<Key, std::int64_t, bench::counted_key_hash<Key>, std::equal_to<>>>;

const bench::registration counters([] {
  bench::add_keyed_counter<one_by_one>("plait");
  bench::add_keyed_counter<many_at_a_time>("plait_update");
  bench::add_keyed_counter<mutex_unordered_map>("mutex_unordered_map");
});

}  // namespace
