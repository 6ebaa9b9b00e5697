// SPDX-License-Identifier: MIT
// A cache that becomes smaller and larger while it is used: who leaves, who is told, and what is refused.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/cache/cache_shape.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/monitor_tests.hpp"

namespace {

using namespace std::chrono_literals;
using plait::removal_cause;

// Once, a shard could have room for as many entries as there are numbers, of which a new one needs another.
TEST(expiring_cache_capacity, a_new_entry_of_a_full_shard_has_a_number) {
  using plait::detail::entry_stamp;
  for (std::uint64_t shards = 1; shards != 200; ++shards)
    for (std::uint64_t less = 0; less != 2 * shards; ++less) {
      const plait::detail::cache_shape shape({.capacity = entry_stamp::most_entries * shards - less}, false);
      ASSERT_LT(shape.part(0), entry_stamp::most_entries) << shards << ", " << less;
    }
}

TEST(expiring_cache_capacity, a_smaller_one_is_kept_at_once) {
  for (const std::uint64_t first : {100u, 10'000u}) {
    plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = first});
    std::vector<std::uint64_t> told;
    cache.on_removal([&](std::uint64_t key, std::uint64_t value, removal_cause cause) {
      EXPECT_EQ(cause, removal_cause::evicted);
      EXPECT_EQ(value, ~key);
      EXPECT_FALSE(cache.contains(key));
      told.push_back(key);
    });
    for (std::uint64_t key = 0; key != 2 * first; ++key) cache.put(key, ~key);
    const std::size_t before = cache.size(), told_before = told.size();
    cache.set_capacity(first / 4);
    EXPECT_EQ(cache.capacity(), first / 4);
    EXPECT_LE(cache.size(), first / 4);
    EXPECT_GE(cache.size(), first / 4 - first / 40) << "and no more leave than have to";
    EXPECT_EQ(told.size() - told_before, before - cache.size());
    EXPECT_EQ(cache.statistics().evictions, told.size());
    std::ranges::sort(told);
    EXPECT_TRUE(std::ranges::adjacent_find(told) == told.end()) << "nobody is told twice";
    for (std::uint64_t key = 2 * first; key != 2 * first + 1000; ++key) {
      cache.put(key, ~key);
      EXPECT_LE(cache.size(), first / 4);
    }
  }
}

TEST(expiring_cache_capacity, who_was_asked_for_stays) {
  plait::expiring_cache<int, int> cache({.capacity = 400});
  for (int i = 0; i != 400; ++i) cache.put(i, i);
  for (int round = 0; round != 8; ++round)
    for (int i = 0; i != 100; ++i) cache.get(4 * i);
  cache.set_capacity(120);
  int kept = 0;
  for (int i = 0; i != 100; ++i) kept += cache.contains(4 * i) ? 1 : 0;
  EXPECT_GE(kept, 95);
}

TEST(expiring_cache_capacity, a_larger_one_is_filled) {
  for (const std::uint64_t first : {10u, 5000u}) {
    plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = first});
    for (std::uint64_t key = 0; key != 2 * first; ++key) cache.put(key, key);
    cache.set_capacity(20 * first);
    for (std::uint64_t key = 0; key != 10 * first; ++key) cache.put(key, key);
    EXPECT_EQ(cache.size(), 10 * first);
    EXPECT_LE(cache.statistics().evictions, first);
  }
}

TEST(expiring_cache_capacity, goes_down_and_up_and_never_loses_count) {
  plait::expiring_cache<std::uint32_t, std::uint32_t> cache({.capacity = 3000});
  monitor_tests::dice dice(5);
  for (int round = 0; round != 60; ++round) {
    const std::uint64_t capacity = 12 + dice.below(6000);
    cache.set_capacity(capacity);
    EXPECT_LE(cache.size(), capacity);
    for (std::uint32_t i = 0; i != 1000; ++i) cache.put(dice.below(20'000), i);
    std::size_t there = 0;
    cache.for_each([&](std::uint32_t, std::uint32_t) { ++there; });
    EXPECT_EQ(there, cache.size());
    EXPECT_LE(there, capacity);
  }
}

// What cannot be is refused, and nothing has changed then.
TEST(expiring_cache_capacity, one_that_its_shards_cannot_have_is_refused) {
  plait::expiring_cache<int, int> cache({.capacity = 10'000});
  for (int i = 0; i != 5000; ++i) cache.put(i, i);
  const std::size_t size = cache.size();
  for (const std::uint64_t capacity : {std::uint64_t{0}, std::uint64_t{39}, std::uint64_t{1} << 40})
    EXPECT_THROW(cache.set_capacity(capacity), std::invalid_argument) << capacity;
  EXPECT_EQ(cache.capacity(), 10'000u);
  EXPECT_EQ(cache.size(), size);
  cache.set_capacity(40);
  EXPECT_LE(cache.size(), 40u);
  EXPECT_GT(cache.size(), 0u);
  plait::expiring_cache<int, int> small({.capacity = 2});
  small.set_capacity(1);
  EXPECT_TRUE(small.put(1, 1) && small.put(2, 2));
  EXPECT_EQ(small.size(), 1u);
}

TEST(expiring_cache_capacity, weights_are_kept_and_the_heaviest_one_is_lowered_in_proportion) {
  plait::expiring_cache<int, int> cache({.capacity = 400, .heaviest = 100},
                                        [](int, int weight) { return weight; });
  std::uint64_t evicted = 0;
  cache.on_removal([&](int, int weight, removal_cause cause) {
    if (cause == removal_cause::evicted) evicted += static_cast<std::uint64_t>(weight);
  });
  for (int i = 0; i != 20; ++i) cache.put(i, 10);
  EXPECT_TRUE(cache.put(1000, 60));
  EXPECT_EQ(cache.weight(), 260u);
  cache.set_capacity(200);
  EXPECT_LE(cache.weight(), 200u);
  EXPECT_EQ(evicted, 260u - cache.weight());
  EXPECT_EQ(cache.statistics().evicted_weight, evicted);
  EXPECT_FALSE(cache.put(1001, 51)) << "half of the heaviest";
  cache.set_capacity(800);
  EXPECT_FALSE(cache.put(1001, 101)) << "and never higher than at first";
  EXPECT_TRUE(cache.put(1001, 90));
}

// Trap: a listener that is called while a lock is held that the next call wants.
TEST(expiring_cache_capacity, a_listener_may_set_it_too) {
  plait::expiring_cache<int, int> cache({.capacity = 100});
  int depth = 0, deepest = 0;
  cache.on_removal([&](int, int, removal_cause) {
    deepest = std::max(deepest, ++depth);
    if (depth == 1) cache.set_capacity(20);
    --depth;
  });
  for (int i = 0; i != 100; ++i) cache.put(i, i);
  cache.set_capacity(50);
  EXPECT_EQ(deepest, 2);
  EXPECT_EQ(cache.capacity(), 20u);
  EXPECT_LE(cache.size(), 20u);
}

TEST(expiring_cache_capacity, is_changed_beside_puts_gets_and_loads) {
  constexpr std::uint64_t most = 6000, least = 600;
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = most});
  std::atomic<bool> stops = false;
  std::atomic<std::uint64_t> wrong = 0;
  {
    std::vector<std::jthread> all;
    for (std::uint32_t seed : {1u, 2u})
      all.emplace_back([&, seed] {
        monitor_tests::dice dice(seed);
        while (!stops) {
          const std::uint64_t key = dice.below(20'000);
          const auto found = cache.get_or_load(key, [&] { return ~key; });
          if (found != ~key) ++wrong;
          cache.put(key + 1, ~(key + 1));
          if (cache.size() > most) ++wrong;
        }
      });
    for (const bool resizes_too : {false, true})
      all.emplace_back([&, resizes_too] {
        for (int i = 0; i != 200; ++i) cache.set_capacity(i % 2 == (resizes_too ? 0 : 1) ? least : most);
        if (!resizes_too) stops = true;
      });
  }
  EXPECT_EQ(wrong, 0u);
  cache.set_capacity(least);
  EXPECT_LE(cache.size(), least);
  for (std::uint64_t key = 0; key != 10'000; ++key) cache.put(key, key);
  EXPECT_LE(cache.size(), least);
}

}  // namespace
