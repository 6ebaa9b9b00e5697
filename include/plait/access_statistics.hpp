// SPDX-License-Identifier: MIT
// access_statistics: what a stats_map counts, and what it says about it.
#pragma once

#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// Each kind counts what those before it count, and something more.
enum class access_statistics {
  none,              // nothing: the map costs what a hash_map costs
  totals,            // what was found and missed, inserted, updated and erased in all
  puts,              // and for each key how often its value was set; 8 bytes a key
  approximate_gets,  // and for each key about how often it was found, by a sample of the finds
  exact_gets,        // and exactly how often; then a find locks and writes, as an update does; 16 bytes a key
};

// In all, since the map was made or its statistics were reset.
struct access_totals {
  std::int64_t hits = 0;     // finds that found their key
  std::int64_t misses = 0;   // and those that did not
  std::int64_t inserts = 0;  // of keys that were not there
  std::int64_t updates = 0;  // of the values of keys that were
  std::int64_t erases = 0;   // of keys that were there

  friend bool operator==(const access_totals&, const access_totals&) = default;
};

// Of one key, since it was inserted or the statistics were reset.
struct key_accesses {
  std::uint64_t gets = 0;  // finds; 0 if the map does not count them
  std::uint64_t puts = 0;  // inserts and updates

  friend bool operator==(const key_accesses&, const key_accesses&) = default;
};

}  // namespace PLAIT_NAMESPACE
