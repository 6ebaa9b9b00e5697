// SPDX-License-Identifier: MIT
// plait's own hash_map.
#include "map/hash_map.bench.hpp"

#include <plait/hash_map.hpp>

namespace {

template <class Key>
class plait_map {
 public:
  using key_type = Key;

  [[gnu::always_inline]] std::optional<std::uint64_t> find(bench::lookup_key<Key> key) const {
    return map_.find(key);
  }
  [[gnu::always_inline]] bool insert(const Key& key, std::uint64_t value) { return map_.insert(key, value); }
  [[gnu::always_inline]] bool erase(bench::lookup_key<Key> key) { return map_.erase(key); }
  [[gnu::always_inline]] void increment(bench::lookup_key<Key> key) {
    map_.update(key, [](std::uint64_t& value) { ++value; });
  }

 private:
  plait::hash_map<Key, std::uint64_t> map_;
};

const bench::registration maps([] { bench::add_hash_map<plait_map>("plait"); });

}  // namespace
