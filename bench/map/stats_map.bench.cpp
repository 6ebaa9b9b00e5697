// SPDX-License-Identifier: MIT
// stats_map with every kind of statistics, against the hash_map that it is
// built on and a map under a mutex that has the same counts.
#include <mutex>
#include <unordered_map>

#include <plait/hash_map.hpp>
#include <plait/stats_map.hpp>

#include "map/hash_map.bench.hpp"

namespace {

using plait::access_statistics;

template <class Map>
class of_plait {
 public:
  using key_type = std::uint64_t;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(std::uint64_t key) const { return map_.find(key); }
  [[gnu::always_inline]] bool insert(std::uint64_t key, std::uint64_t value) { return map_.insert(key, value); }
  [[gnu::always_inline]] bool erase(std::uint64_t key) { return map_.erase(key); }
  [[gnu::always_inline]] void increment(std::uint64_t key) {
    map_.update(key, [](std::uint64_t& value) { ++value; });
  }

 private:
  Map map_;
};

template <access_statistics Kept>
using counting = of_plait<plait::stats_map<std::uint64_t, std::uint64_t, Kept>>;

class mutex_unordered_map {
 public:
  using key_type = std::uint64_t;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) {
      ++totals_.misses;
      return std::nullopt;
    }
    ++totals_.hits;
    ++found->second.accesses.gets;
    return found->second.value;
  }
  [[gnu::always_inline]] bool insert(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    const bool inserted = map_.emplace(key, counted{value}).second;
    totals_.inserts += inserted;
    return inserted;
  }
  [[gnu::always_inline]] bool erase(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    const bool erased = map_.erase(key) != 0;
    totals_.erases += erased;
    return erased;
  }
  [[gnu::always_inline]] void increment(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    counted& found = map_.find(key)->second;
    ++found.value;
    ++found.accesses.puts;
    ++totals_.updates;
  }

 private:
  struct counted {
    std::uint64_t value;
    plait::key_accesses accesses{.gets = 0, .puts = 1};
  };
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, counted> map_;
  plait::access_totals totals_;
};

template <class Map>
void add(const std::string& name) {
  bench::add_for_threads("stats_map", "read_heavy_10k", name, bench::read_and_update<Map, bench::small_map, 1>);
}

const bench::registration maps([] {
  add<counting<access_statistics::exact_gets>>("plait");
  add<counting<access_statistics::approximate_gets>>("plait_approximate_gets");
  add<counting<access_statistics::puts>>("plait_puts");
  add<counting<access_statistics::totals>>("plait_totals");
  add<counting<access_statistics::none>>("plait_none");
  add<of_plait<plait::hash_map<std::uint64_t, std::uint64_t>>>("plait_hash_map");
  add<mutex_unordered_map>("mutex_unordered_map");
});

}  // namespace
