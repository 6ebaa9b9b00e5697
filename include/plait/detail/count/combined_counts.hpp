// SPDX-License-Identifier: MIT
// The counts of two counters, key by key, as Python's Counter combines them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <plait/detail/count/counting_table.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The keys of `left` and then those of `right` that are not among them, each with combine(its count in left,
// its count in right), where a key that is missing has 0. Only positive results are kept. hash(key) is 32 bits,
// evenly spread. A key stands once in each list.
template <class Key, class Hash, class Equal, class Combine>
std::vector<std::pair<Key, std::int64_t>> combined_counts(
    const std::vector<std::pair<Key, std::int64_t>>& left,
    const std::vector<std::pair<Key, std::int64_t>>& right, const Hash& hash, const Equal& equal,
    const Combine& combine) {
  struct borrowed_key {
    explicit borrowed_key(const Key& from) : key(&from) {}
    const Key* key;
  };
  const auto same = [&](const borrowed_key& known, const Key& key) { return equal(*known.key, key); };
  struct row {
    const Key* key;
    std::int64_t left;
    std::int64_t right;
  };
  std::vector<row> rows;
  counting_table<borrowed_key> places;  // for each key of `left` the number of its row, plus one
  for (const auto& [key, n] : left) {
    rows.push_back({&key, n, 0});
    while (!places.add(hash(key), key, rows.size(), same)) places.grow();
  }
  for (const auto& [key, n] : right) {
    if (const std::uint64_t place = places.count(hash(key), key, same); place != 0)
      rows[place - 1].right = n;
    else
      rows.push_back({&key, 0, n});
  }
  std::vector<std::pair<Key, std::int64_t>> result;
  for (const row& each : rows)
    if (const std::int64_t n = combine(each.left, each.right); n > 0) result.emplace_back(*each.key, n);
  return result;
}

}  // namespace PLAIT_NAMESPACE::detail
