// SPDX-License-Identifier: MIT
// plait's own hash_set, and mutex_unordered_set: std::mutex and std::unordered_set, as most programs have it.
#include "map/hash_set.bench.hpp"

#include <mutex>
#include <unordered_set>

#include <plait/hash_set.hpp>

namespace {

class mutex_unordered_set {
 public:
  [[gnu::always_inline]] bool contains(std::uint64_t key) const {
    const std::lock_guard lock(mutex_);
    return set_.contains(key);
  }
  [[gnu::always_inline]] bool insert(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    return set_.insert(key).second;
  }
  [[gnu::always_inline]] bool erase(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    return set_.erase(key) != 0;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::uint64_t> set_;
};

const bench::registration sets([] {
  bench::add_hash_set<plait::hash_set<std::uint64_t>>("plait");
  bench::add_hash_set<mutex_unordered_set>("mutex_unordered_set");
});

}  // namespace
