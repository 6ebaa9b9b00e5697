// SPDX-License-Identifier: MIT
// A map for one thread, made one for many by a std::mutex.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "map/hash_map.bench.hpp"

template <class Map>
class mutex_map {
 public:
  using key_type = typename Map::key_type;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(bench::lookup_key<key_type> key) const {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    return found != map_.end() ? std::optional(found->second) : std::nullopt;
  }
  [[gnu::always_inline]] bool insert(const key_type& key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    return map_.emplace(key, value).second;
  }
  [[gnu::always_inline]] bool erase(bench::lookup_key<key_type> key) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    map_.erase(found);
    return true;
  }
  [[gnu::always_inline]] void increment(bench::lookup_key<key_type> key) {
    const std::lock_guard lock(mutex_);
    ++map_.find(key)->second;
  }

 private:
  mutable std::mutex mutex_;
  Map map_;
};
