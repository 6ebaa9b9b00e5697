// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_hash_map. An insert that finds the key locks its element too.
#include <tbb/concurrent_hash_map.h>

#include "count/keyed_counter.bench.hpp"

namespace {

struct hash_compare {
  static std::size_t hash(const std::string& key) { return bench::string_hash()(key); }
  static bool equal(const std::string& a, const std::string& b) { return a == b; }
};

class tbb_hash_map {
 public:
  void add(bench::word_stream words) {
    for (const std::string_view word : words) {
      map::accessor element;
      counts_.insert(element, std::string(word));
      ++element->second;
    }
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    for (const auto& [word, count] : counts_) sum += count;
    return sum;
  }

 private:
  using map = tbb::concurrent_hash_map<std::string, std::int64_t, hash_compare>;
  map counts_;
};

const bench::registration counters([] { bench::add_keyed_counter<tbb_hash_map>("tbb"); });

}  // namespace
