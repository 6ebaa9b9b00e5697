// SPDX-License-Identifier: MIT
// libcuckoo: its cuckoohash_map of empty values.
#include <libcuckoo/cuckoohash_map.hh>

#include "map/hash_set.bench.hpp"

namespace {

class cuckoo_set {
 public:
  [[gnu::always_inline]] bool contains(std::uint64_t key) const { return set_.contains(key); }
  [[gnu::always_inline]] bool insert(std::uint64_t key) { return set_.insert(key, nothing()); }
  [[gnu::always_inline]] bool erase(std::uint64_t key) { return set_.erase(key); }

 private:
  struct nothing {};
  libcuckoo::cuckoohash_map<std::uint64_t, nothing> set_;
};

const bench::registration sets([] { bench::add_hash_set<cuckoo_set>("libcuckoo"); });

}  // namespace
