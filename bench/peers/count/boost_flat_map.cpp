// SPDX-License-Identifier: MIT
// boost_concurrent_flat_map: Boost's, from 1.83 on; tools/fetch-boost gets one where the system's is older.
#include <boost/unordered/concurrent_flat_map.hpp>

#include "count/keyed_counter.bench.hpp"
#include "peers/map/boost_hash.hpp"

namespace {

template <class Key>
class boost_flat_map {
 public:
  using key_type = Key;

  void add(bench::key_span<Key> keys) {
    for (const auto& key : keys) counts_.try_emplace_or_visit(key, 1, [](auto& element) { ++element.second; });
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    counts_.cvisit_all([&](const auto& element) { sum += element.second; });
    return sum;
  }

 private:
  boost::concurrent_flat_map<Key, std::int64_t, boost_hash<Key>, std::equal_to<>> counts_;
};

const bench::registration counters([] {
  bench::add_keyed_counter<boost_flat_map>("boost_concurrent_flat_map");
});

}  // namespace
