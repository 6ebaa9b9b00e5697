// SPDX-License-Identifier: MIT
// plait's own expiring_cache.
#include "cache/expiring_cache.bench.hpp"

#include <plait/expiring_cache.hpp>

namespace {

class plait_cache {
 public:
  plait_cache(std::size_t capacity, bool expires)
      : cache_({.capacity = capacity,
                .time_to_live =
                    expires ? plait::entry_lifetime(bench::cache_time_to_live) : plait::never_expires}) {}

  [[gnu::always_inline]] std::optional<std::uint64_t> get(std::uint64_t key) { return cache_.get(key); }
  [[gnu::always_inline]] void put(std::uint64_t key, std::uint64_t value) { cache_.put(key, value); }

 private:
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache_;
};

const bench::registration caches([] { bench::add_cache<plait_cache>("plait"); });

}  // namespace
