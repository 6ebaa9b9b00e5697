// SPDX-License-Identifier: MIT
// Mistakes that caches are known for and that no test of a single operation shows. The others are called traps
// where the operation is tested.
#include <algorithm>
#include <chrono>
#include <functional>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"

namespace {

using namespace std::chrono_literals;
using plait::removal_cause;
using cache_type = plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, manual_clock>;

// Trap: each put looks at all entries for what has expired, and keeps everybody waiting meanwhile.
TEST(expiring_cache_traps, a_put_removes_some_of_what_has_expired_and_never_all) {
  cache_type cache({.capacity = 500, .time_to_live = 1s});
  int told = 0, most = 0;
  cache.on_removal([&](int, int, removal_cause) { ++told; });
  for (int i = 0; i != 400; ++i) cache.put(i, i);
  manual_clock::advance(1s);
  int puts = 0;
  for (; told < 400 && puts < 400; ++puts) {
    const int before = told;
    cache.put(1000 + puts, 1);
    most = std::max(most, told - before);
  }
  EXPECT_LE(most, 16);
  EXPECT_LE(puts, 400 / 16 + 1) << "but so many that they do not pile up";
}

// Trap: a listener is called under the lock, and waits for itself when it uses the cache.
TEST(expiring_cache_traps, a_listener_may_use_the_cache) {
  cache_type cache({.capacity = 10, .time_to_live = 10s});
  int deepest = 0, depth = 0;
  cache.on_removal([&](int key, int value, removal_cause cause) {
    deepest = std::max(deepest, ++depth);
    if (cause == removal_cause::removed && value < 3) {
      EXPECT_TRUE(cache.put(key, value + 1));
      EXPECT_EQ(cache.get(key), value + 1);
      EXPECT_EQ(cache.remove_if([&](int other, int) { return other == key; }), 1u);
      EXPECT_EQ(cache.get_or_load(key + 1, [] { return 7; }), 7);
    }
    --depth;
  });
  cache.put(1, 0);
  EXPECT_TRUE(cache.remove(1));
  EXPECT_EQ(deepest, 4);
  EXPECT_FALSE(cache.contains(1));
}

// Trap: whoever asks for a little more than there is room for, in turn, hits nothing, because each entry leaves
// just before it is asked for.
TEST(expiring_cache_traps, a_loop_that_is_a_little_too_long_hits_most_of_the_time) {
  cache_type cache({.capacity = 400});
  constexpr int keys = 500, rounds = 40;
  for (int round = 0; round != rounds; ++round)
    for (int i = 0; i != keys; ++i)
      if (!cache.get(i)) cache.put(i, i);
  EXPECT_GT(cache.statistics().hit_ratio(), 0.5);
}

}  // namespace
