// SPDX-License-Identifier: MIT
// mutex_unordered_map: std::mutex and std::unordered_map, as most programs have it.
#include <mutex>
#include <unordered_map>

#include "map/hash_map.bench.hpp"

namespace {

template <class Key>
class mutex_unordered_map {
 public:
  using key_type = Key;

  std::optional<std::uint64_t> find(bench::lookup_key<Key> key) const {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    return found != map_.end() ? std::optional(found->second) : std::nullopt;
  }
  bool insert(const Key& key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    return map_.emplace(key, value).second;
  }
  bool erase(bench::lookup_key<Key> key) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    map_.erase(found);
    return true;
  }
  void increment(bench::lookup_key<Key> key) {
    const std::lock_guard lock(mutex_);
    ++map_.find(key)->second;
  }

 private:
  using hash = std::conditional_t<std::same_as<Key, std::string>, bench::string_hash, std::hash<Key>>;
  mutable std::mutex mutex_;
  std::unordered_map<Key, std::uint64_t, hash, std::equal_to<>> map_;
};

const bench::registration maps([] { bench::add_hash_map<mutex_unordered_map>("mutex_unordered_map"); });

}  // namespace
