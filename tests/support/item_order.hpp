// SPDX-License-Identifier: MIT
// Sequential models of the queues' orders: the items held, how one is put, how the next one is taken, and
// whether a given one may be next.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <set>
#include <vector>

namespace model {

struct first_in_first_out {
  using items = std::vector<int>;
  static void put(items& all, int item) { all.push_back(item); }
  static void take_next(items& all) { all.erase(all.begin()); }
  static bool take(items& all, int item) {
    if (all.front() != item) return false;
    take_next(all);
    return true;
  }
};

struct last_in_first_out {
  using items = std::vector<int>;
  static void put(items& all, int item) { all.push_back(item); }
  static void take_next(items& all) { all.pop_back(); }
  static bool take(items& all, int item) {
    if (all.back() != item) return false;
    take_next(all);
    return true;
  }
};

struct smallest_first {
  using items = std::multiset<int>;
  static void put(items& all, int item) { all.insert(item); }
  static void take_next(items& all) { all.erase(all.begin()); }
  static bool take(items& all, int item) {
    if (*all.begin() != item) return false;
    take_next(all);
    return true;
  }
};

// The item with the smallest Priority(item) comes first; equals come in the order in which they were put.
template <auto Priority>
struct stable_smallest_first {
  using items = std::vector<int>;  // in the order in which they come out
  static void put(items& all, int item) {
    const auto after = std::ranges::upper_bound(all, Priority(item), {}, Priority);
    all.insert(after, item);
  }
  static void take_next(items& all) { first_in_first_out::take_next(all); }
  static bool take(items& all, int item) { return first_in_first_out::take(all, item); }
};

struct any_item {
  // Some of the listed items have been taken; which ones is unknown.
  struct items {
    std::multiset<int> listed{};
    std::size_t taken = 0;

    auto operator<=>(const items&) const = default;
    std::size_t size() const { return listed.size() - taken; }
    bool empty() const { return size() == 0; }
  };
  static void put(items& all, int item) { all.listed.insert(item); }
  static void take_next(items& all) { ++all.taken; }
  static bool take(items& all, int item) {
    const auto found = all.listed.find(item);
    if (found == all.listed.end()) return false;
    all.listed.erase(found);
    return true;
  }
};

}  // namespace model
