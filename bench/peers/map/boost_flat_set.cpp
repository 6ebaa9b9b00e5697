// SPDX-License-Identifier: MIT
// boost_concurrent_flat_set: Boost's, from 1.83 on. contains() shares its lock with other reads.
#include <boost/unordered/concurrent_flat_set.hpp>

#include "map/hash_set.bench.hpp"

namespace {

class boost_flat_set {
 public:
  [[gnu::always_inline]] bool contains(std::uint64_t key) const { return set_.contains(key); }
  [[gnu::always_inline]] bool insert(std::uint64_t key) { return set_.insert(key); }
  [[gnu::always_inline]] bool erase(std::uint64_t key) { return set_.erase(key) != 0; }

 private:
  boost::concurrent_flat_set<std::uint64_t> set_;
};

const bench::registration sets([] { bench::add_hash_set<boost_flat_set>("boost_concurrent_flat_set"); });

}  // namespace
