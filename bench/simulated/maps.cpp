// SPDX-License-Identifier: MIT
// Maps and caches on simulated cores. Every core has looked at every key before, and no cache is ever full.
#include <cstdint>

#include <plait/expiring_cache.hpp>
#include <plait/hash_map.hpp>

#include "simulated/workload.hpp"

namespace simulated {
namespace {

constexpr std::uint64_t keys = 1000;

// One of `Reads` + `Writes` operations, in turn, and of random keys.
template <unsigned Reads, unsigned Writes>
class map_use {
 public:
  explicit map_use(unsigned /*threads*/) {
    for (std::uint64_t key = 0; key != keys; ++key) map_.insert(key, key);
  }
  std::function<void()> operation(unsigned number) {
    for (std::uint64_t key = 0; key != keys; ++key) map_.find(key);
    return [this, random = random_chain(number), turn = 0U]() mutable {
      const std::uint64_t key = random() % keys;
      if (turn++ % (Reads + Writes) < Reads) {
        map_.find(key);
      } else {
        map_.update(key, [](std::uint64_t& value) { ++value; });
      }
    };
  }

 private:
  plait::hash_map<std::uint64_t, std::uint64_t> map_;
};

class cache_hits {
 public:
  explicit cache_hits(unsigned /*threads*/) {
    for (std::uint64_t key = 0; key != keys; ++key) cache_.put(key, key);
  }
  std::function<void()> operation(unsigned number) {
    for (std::uint64_t key = 0; key != keys; ++key) cache_.get(key);
    return [this, random = random_chain(number)]() mutable { cache_.get(random() % keys); };
  }

 private:
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache_{{.capacity = 4 * keys}};
};

const registration maps([] {
  add_alike<map_use<1, 0>>("hash_map", "read_only_1k", "plait");
  add_alike<map_use<15, 1>>("hash_map", "read_heavy_1k", "plait");
  add_alike<map_use<1, 1>>("hash_map", "half_writes_1k", "plait");
  add_alike<cache_hits>("expiring_cache", "hits_1k", "plait");
});

}  // namespace
}  // namespace simulated
