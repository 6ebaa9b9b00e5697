// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_hash_map of empty values; its concurrent_unordered_set cannot erase while others use
// it. count() takes no lock of an element.
#include <tbb/concurrent_hash_map.h>

#include "map/hash_set.bench.hpp"

namespace {

class tbb_hash_set {
 public:
  [[gnu::always_inline]] bool contains(std::uint64_t key) const { return set_.count(key) != 0; }
  [[gnu::always_inline]] bool insert(std::uint64_t key) { return set_.insert({key, {}}); }
  [[gnu::always_inline]] bool erase(std::uint64_t key) { return set_.erase(key); }

 private:
  struct nothing {};
  tbb::concurrent_hash_map<std::uint64_t, nothing> set_;
};

const bench::registration sets([] { bench::add_hash_set<tbb_hash_set>("tbb"); });

}  // namespace
