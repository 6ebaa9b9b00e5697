// SPDX-License-Identifier: MIT
// libcuckoo: its cuckoohash_map, with upsert.
#include <libcuckoo/cuckoohash_map.hh>

#include "count/keyed_counter.bench.hpp"

namespace {

class cuckoo_map {
 public:
  void add(bench::word_stream words) {
    for (const std::string_view word : words) counts_.upsert(word, [](std::int64_t& count) { ++count; }, 1);
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    const auto all = counts_.lock_table();
    for (const auto& [word, count] : all) sum += count;
    return sum;
  }

 private:
  libcuckoo::cuckoohash_map<std::string, std::int64_t, bench::string_hash, std::equal_to<>> counts_;
};

const bench::registration counters([] { bench::add_keyed_counter<cuckoo_map>("libcuckoo"); });

}  // namespace
