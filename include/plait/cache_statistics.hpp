// SPDX-License-Identifier: MIT
// What an expiring_cache has counted since it was made.
#pragma once

#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

struct cache_statistics {
  std::uint64_t hits = 0;            // of keys in get, get_many, visit, get_or_load and get_many_or_load
  std::uint64_t misses = 0;          // of them, too: what had expired is one
  std::uint64_t loads = 0;           // functions of get_or_load and get_many_or_load that returned
  std::uint64_t failed_loads = 0;    // and that threw
  std::uint64_t evictions = 0;       // entries that made room for others, or were not let in themselves
  std::uint64_t evicted_weight = 0;  // of those
  std::uint64_t expirations = 0;     // entries removed because they had expired

  // The part of the requests that were hits; 0 if there were none.
  double hit_ratio() const noexcept {
    const std::uint64_t requests = hits + misses;
    return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests);
  }
};

}  // namespace PLAIT_NAMESPACE
