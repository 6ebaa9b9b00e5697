// SPDX-License-Identifier: MIT
// mutex_unordered_map: std::mutex and std::unordered_map, as most programs have it.
#include <unordered_map>

#include "map/hash_map.bench.hpp"
#include "peers/map/mutex_map.hpp"

namespace {

template <class Key>
using mutex_unordered_map =
    mutex_map<std::unordered_map<Key, std::uint64_t, bench::peer_hash<Key>, std::equal_to<>>>;

const bench::registration maps([] { bench::add_hash_map<mutex_unordered_map>("mutex_unordered_map"); });

}  // namespace
