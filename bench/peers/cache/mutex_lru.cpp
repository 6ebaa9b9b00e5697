// SPDX-License-Identifier: MIT
// mutex_lru: std::mutex, std::unordered_map and a std::list in the order of access, as most programs have it.
#include <chrono>
#include <list>
#include <mutex>
#include <unordered_map>

#include "cache/expiring_cache.bench.hpp"

namespace {

class mutex_lru {
 public:
  mutex_lru(std::size_t capacity, bool expires) : capacity_(capacity), expires_(expires) {}

  [[gnu::always_inline]] std::optional<std::uint64_t> get(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    const auto place = found->second;
    if (expires_ && place->deadline <= clock::now()) {
      entries_.erase(place);
      places_.erase(found);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, place);
    return place->value;
  }

  [[gnu::always_inline]] void put(std::uint64_t key, std::uint64_t value) {
    const clock::time_point deadline =
        expires_ ? clock::now() + bench::cache_time_to_live : clock::time_point::max();
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      *found->second = {key, value, deadline};
      entries_.splice(entries_.begin(), entries_, found->second);
      return;
    }
    if (entries_.size() == capacity_) {
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({key, value, deadline});
    places_.emplace(key, entries_.begin());
  }

 private:
  using clock = std::chrono::steady_clock;

  struct entry {
    std::uint64_t key;
    std::uint64_t value;
    clock::time_point deadline;
  };

  std::mutex mutex_;
  std::size_t capacity_;
  bool expires_;
  std::list<entry> entries_;  // what was asked for last comes first
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> places_;
};

const bench::registration caches([] { bench::add_cache<mutex_lru>("mutex_lru"); });

}  // namespace
