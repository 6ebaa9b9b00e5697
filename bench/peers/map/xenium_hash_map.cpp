// SPDX-License-Identifier: MIT
// xenium: its vyukov_hash_map, whose reads are lock-free. It cannot change a number where it is, and takes
// strings only with a node for each, so it is in the workloads without either. Memory is reclaimed by epochs.
#include <xenium/reclamation/generic_epoch_based.hpp>
#include <xenium/vyukov_hash_map.hpp>

#include "map/hash_map.bench.hpp"

namespace {

class xenium_hash_map {
 public:
  using key_type = std::uint64_t;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(std::uint64_t key) const {
    map::accessor found;
    return map_.try_get_value(key, found) ? std::optional(*found) : std::nullopt;
  }
  [[gnu::always_inline]] bool insert(std::uint64_t key, std::uint64_t value) {
    return map_.emplace(key, value);
  }
  [[gnu::always_inline]] bool erase(std::uint64_t key) { return map_.erase(key); }

 private:
  using map = xenium::vyukov_hash_map<std::uint64_t, std::uint64_t,
                                      xenium::policy::reclaimer<xenium::reclamation::epoch_based<>>>;
  map map_;
};

const bench::registration maps([] { bench::add_map_of_numbers<xenium_hash_map>("xenium"); });

}  // namespace
