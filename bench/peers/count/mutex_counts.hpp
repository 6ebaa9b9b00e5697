// SPDX-License-Identifier: MIT
// Counts in a map for one thread, made one for many by a std::mutex.
#pragma once

#include <mutex>

#include "count/keyed_counter.bench.hpp"

namespace bench {

template <class Map>
class mutex_counts {
 public:
  using key_type = typename Map::key_type;

  void add(key_span<key_type> keys) {
    for (const auto& key : keys) add_one(key);
  }
  void add_one(counted_key<key_type> key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = counts_.find(key); found != counts_.end()) {
      ++found->second;
    } else {
      counts_.emplace(key, 1);
    }
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    for (const auto& [key, count] : counts_) sum += count;
    return sum;
  }

 private:
  std::mutex mutex_;
  Map counts_;
};

}  // namespace bench
