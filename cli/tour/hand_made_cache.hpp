// SPDX-License-Identifier: MIT
// The cache with which the chapter compares plait's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace plait::cli::tour {

// The usual hand-written cache: a list in order of use and a map into it, under one lock. What was used least
// recently leaves.
class hand_made_cache {
 public:
  using clock = std::chrono::steady_clock;

  hand_made_cache(std::size_t capacity, clock::duration time_to_live)
      : capacity_(capacity), time_to_live_(time_to_live) {}

  std::optional<std::uint64_t> get(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    if (found->second->end <= clock::now()) {
      entries_.erase(found->second);
      places_.erase(found);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  void put(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      entries_.erase(found->second);
      places_.erase(found);
    } else if (entries_.size() == capacity_) {
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({key, value, clock::now() + time_to_live_});
    places_.emplace(key, entries_.begin());
  }

 private:
  struct entry {
    std::uint64_t key;
    std::uint64_t value;
    clock::time_point end;
  };
  const std::size_t capacity_;
  const clock::duration time_to_live_;
  std::mutex mutex_;
  std::list<entry> entries_;  // the one used last is the first
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> places_;
};

}  // namespace plait::cli::tour
