// SPDX-License-Identifier: MIT
// expiring_cache with a weigher: a capacity of weights, and what weighs too much, nothing, or cannot be
// weighed.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"

namespace {

using namespace std::chrono_literals;
using plait::removal_cause;

// Each value is its own weight.
struct own_weight {
  std::uint64_t operator()(int, std::uint64_t value) const { return value; }
};
using cache = plait::expiring_cache<int, std::uint64_t>;
using timed_cache =
    plait::expiring_cache<int, std::uint64_t, plait::detail::key_hash<int>, std::equal_to<>, manual_clock>;

// What has left a cache, and why.
struct departures {
  std::vector<std::tuple<int, std::uint64_t, removal_cause>> seen;

  explicit departures(auto& from) {
    from.on_removal(
        [this](int key, std::uint64_t value, removal_cause cause) { seen.emplace_back(key, value, cause); });
  }
};

TEST(expiring_cache_weights, the_capacity_is_of_weights) {
  cache tested({.capacity = 1000}, own_weight());
  EXPECT_EQ(tested.capacity(), 1000u);
  EXPECT_EQ(tested.weight(), 0u);
  std::map<int, std::uint64_t> put;
  for (int i = 0; i != 5000; ++i) {
    const std::uint64_t weight = 1 + static_cast<std::uint64_t>(i) * 7 % 60;
    tested.put(i, weight);
    put[i] = weight;
    ASSERT_LE(tested.weight(), 1000u);
  }
  std::uint64_t sum = 0;
  std::size_t count = 0;
  for (const auto& [key, weight] : put)
    if (const auto found = tested.get(key)) {
      EXPECT_EQ(*found, weight);
      sum += weight;
      ++count;
    }
  EXPECT_EQ(tested.weight(), sum);
  EXPECT_EQ(tested.size(), count);
  EXPECT_GT(sum, 900u) << "it is used";
}

TEST(expiring_cache_weights, what_leaves_takes_its_weight_along) {
  timed_cache tested({.capacity = 1000, .time_to_live = 10s}, own_weight());
  for (int i = 0; i != 5; ++i) tested.put(i, 10);
  tested.put(5, 20, 1s);
  EXPECT_EQ(tested.weight(), 70u);
  tested.remove(0);
  EXPECT_EQ(tested.weight(), 60u);
  tested.remove_if([](int key, std::uint64_t) { return key == 1; });
  EXPECT_EQ(tested.weight(), 50u);
  manual_clock::advance(1s);
  EXPECT_EQ(tested.weight(), 30u) << "what has expired weighs nothing";
  tested.clear();
  EXPECT_EQ(tested.weight(), 0u);
}

TEST(expiring_cache_weights, a_value_in_the_place_of_another_has_its_own_weight) {
  cache tested({.capacity = 160, .heaviest = 100}, own_weight());
  for (int i = 0; i != 6; ++i) EXPECT_TRUE(tested.put(i, 10));
  EXPECT_EQ(tested.weight(), 60u);
  EXPECT_TRUE(tested.put(3, 1));
  EXPECT_EQ(tested.weight(), 51u);
  EXPECT_TRUE(tested.replace(3, 50));
  EXPECT_EQ(tested.get(3), 50u);
  EXPECT_EQ(tested.weight(), 100u);
  EXPECT_EQ(tested.size(), 6u);
  departures left(tested);
  for (int i = 0; i != 10; ++i) tested.put(3, 90), tested.get(3);  // others have to leave
  EXPECT_LE(tested.weight(), 160u);
  for (const auto& [key, value, cause] : left.seen)
    EXPECT_TRUE(key == 3 ? cause != removal_cause::removed : cause == removal_cause::evicted) << key;
}

// Trap: an entry that is heavier than the cache flushes it, or makes it exceed its limit.
TEST(expiring_cache_weights, what_weighs_too_much_is_not_kept_and_drives_nobody_out) {
  cache tested({.capacity = 1600}, own_weight());  // the heaviest may weigh 100
  for (int i = 0; i != 10; ++i) tested.put(i, 100);
  departures left(tested);
  for (const std::uint64_t weight : {std::uint64_t{101}, std::uint64_t{1600}, std::uint64_t{1601},
                                     std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_FALSE(tested.put(50, weight));
    EXPECT_FALSE(tested.add(51, weight));
    EXPECT_FALSE(tested.contains(50));
    EXPECT_EQ(tested.get_or_load(52, [&] { return weight; }), weight) << "it is returned all the same";
    EXPECT_FALSE(tested.contains(52));
  }
  EXPECT_EQ(tested.size(), 10u);
  EXPECT_EQ(tested.weight(), 1000u);
  EXPECT_TRUE(left.seen.empty());
  EXPECT_FALSE(tested.put(3, 101));
  EXPECT_FALSE(tested.contains(3)) << "it would be an old value";
  ASSERT_EQ(left.seen.size(), 1u);
  EXPECT_EQ(left.seen[0], (std::tuple(3, std::uint64_t{100}, removal_cause::removed)));
  EXPECT_EQ(tested.weight(), 900u);
}

TEST(expiring_cache_weights, what_weighs_nothing_counts_as_one) {
  cache tested({.capacity = 64}, own_weight());
  for (int i = 0; i != 1000; ++i) EXPECT_TRUE(tested.put(i, 0));
  EXPECT_EQ(tested.size(), 64u);
  EXPECT_EQ(tested.weight(), 64u);
}

TEST(expiring_cache_weights, a_weigher_that_throws_changes_nothing) {
  cache tested({.capacity = 100}, [](int, std::uint64_t value) {
    return value == 7 ? throw std::range_error("cannot be weighed") : std::uint64_t{1};
  });
  tested.put(1, 10);
  EXPECT_THROW(tested.put(1, 7), std::range_error);
  EXPECT_THROW(tested.add(2, 7), std::range_error);
  EXPECT_THROW(tested.replace(1, 7), std::range_error);
  EXPECT_THROW(tested.get_or_load(2, [] { return std::uint64_t{7}; }), std::range_error);
  EXPECT_EQ(tested.get(1), 10u);
  EXPECT_EQ(tested.size(), 1u);
  EXPECT_EQ(tested.get_or_load(2, [] { return std::uint64_t{8}; }), 8u) << "no load is left over";
}

TEST(expiring_cache_weights, an_argument_is_moved_from_only_if_it_goes_in) {
  plait::expiring_cache<std::string, std::string> tested(
      {.capacity = 1000},
      [](const std::string& key, const std::string& value) { return key.size() + value.size(); });
  std::string value(50, 'a');
  EXPECT_TRUE(tested.add("key", std::string(10, 'b')));
  EXPECT_FALSE(tested.add("key", std::move(value)));
  EXPECT_EQ(value.size(), 50u);
  EXPECT_EQ(tested.weight(), 13u);
  EXPECT_TRUE(tested.put(std::string_view("other"), "characters"));
  EXPECT_EQ(tested.weight(), 28u);
}

TEST(expiring_cache_weights, statistics_know_what_was_evicted) {
  cache tested({.capacity = 160, .heaviest = 10}, own_weight());
  std::uint64_t put = 0;
  for (int i = 0; i != 200; ++i) {
    put += static_cast<std::uint64_t>(i) % 10 + 1;
    tested.put(i, static_cast<std::uint64_t>(i) % 10 + 1);
  }
  const plait::cache_statistics seen = tested.statistics();
  EXPECT_EQ(seen.evicted_weight + tested.weight(), put);
  EXPECT_EQ(seen.evictions + tested.size(), 200u);
}

TEST(expiring_cache_weights, limits_that_make_no_sense_are_refused) {
  EXPECT_THROW(cache({.capacity = 0}, own_weight()), std::invalid_argument);
  EXPECT_THROW(cache({.capacity = 10, .heaviest = 11}, own_weight()), std::invalid_argument);
  EXPECT_THROW(cache({.capacity = std::uint64_t{1} << 63}, own_weight()), std::invalid_argument);
  cache largest({.capacity = std::uint64_t{1} << 62}, own_weight());
  for (int i = 0; i != 100; ++i) largest.put(i, std::uint64_t{1} << 58);
  EXPECT_LE(largest.weight(), std::uint64_t{1} << 62) << "no overflow";
  EXPECT_GE(largest.size(), 4u);
}

TEST(expiring_cache_weights, any_entry_up_to_the_heaviest_finds_room_in_its_shard) {
  for (const std::uint64_t heaviest : {1u, 1000u, 50'000u, 100'000u}) {
    cache tested({.capacity = 100'000, .heaviest = heaviest}, own_weight());
    for (int i = 0; i != 200; ++i) {
      tested.clear();
      EXPECT_TRUE(tested.put(i, heaviest)) << i;
    }
    for (int i = 0; i != 200; ++i) tested.put(i, heaviest);
    EXPECT_LE(tested.weight(), 100'000u);
    EXPECT_TRUE(tested.size() != 0);
  }
}

}  // namespace
