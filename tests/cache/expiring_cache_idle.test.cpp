// SPDX-License-Identifier: MIT
// The time to idle of expiring_cache: what nobody asks for ends, and never later than its time to live.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/map_values.hpp"
#include "support/words_and_strings.hpp"

namespace {

using map_values::make;
using namespace std::chrono_literals;
using plait::removal_cause;

constexpr std::chrono::nanoseconds tick{1 << 20};

template <class K>
class expiring_cache_idle : public testing::Test {
 protected:
  using cache_type = plait::expiring_cache<K, K, plait::detail::key_hash<K>, std::equal_to<>, manual_clock>;
  static K key(int number) { return make<K>(number); }

  cache_type cache{{.capacity = 100, .time_to_live = 60s, .time_to_idle = 10s}};
};

TYPED_TEST_SUITE(expiring_cache_idle, words_and_strings, names_of_words_and_strings);

TYPED_TEST(expiring_cache_idle, what_is_asked_for_stays) {
  for (int i = 0; i != 6; ++i) this->cache.put(this->key(i), this->key(i));
  std::vector<TypeParam> wanted{this->key(3)};
  for (int second = 0; second < 40; second += 8) {
    manual_clock::advance(8s);
    EXPECT_TRUE(this->cache.get(this->key(0)).has_value());
    EXPECT_TRUE(this->cache.visit(this->key(1), [](const auto&) {}));
    EXPECT_EQ(this->cache.get_or_load(this->key(2), [&] { return this->key(99); }), this->key(2));
    EXPECT_TRUE(this->cache.get_many(wanted)[0].has_value());
    EXPECT_TRUE(this->cache.put(this->key(4), this->key(4)));
    EXPECT_EQ(this->cache.contains(this->key(5)), second == 0) << "which is no reason to keep it";
  }
  EXPECT_FALSE(this->cache.contains(this->key(5)));
  EXPECT_EQ(this->cache.size(), 5u);
  manual_clock::advance(10s);
  EXPECT_EQ(this->cache.size(), 0u);
}

TYPED_TEST(expiring_cache_idle, no_hit_prolongs_a_time_to_live) {
  this->cache.put(this->key(1), this->key(1));
  this->cache.put(this->key(2), this->key(2), 15s);
  this->cache.put(this->key(3), this->key(3), plait::never_expires);
  for (int second = 0; second != 60; ++second) {
    EXPECT_TRUE(this->cache.get(this->key(1)).has_value()) << second;
    EXPECT_EQ(this->cache.get(this->key(2)).has_value(), second < 15) << second;
    manual_clock::advance(1s);
  }
  EXPECT_FALSE(this->cache.contains(this->key(1)));
  EXPECT_FALSE(this->cache.contains(this->key(3)));
}

// Never too late, and not more than a 64th and a tick too early.
TYPED_TEST(expiring_cache_idle, ends_in_time_after_the_last_hit) {
  for (const std::chrono::nanoseconds since_put :
       {0ns, 1ns, 50'000'000ns, 150'000'000ns, 160'000'000ns, 9'000'000'000ns}) {
    for (const std::chrono::nanoseconds after :
         {10s - std::chrono::nanoseconds(10s) / 64 - 2 * tick, std::chrono::nanoseconds(10s)}) {
      this->cache.put(this->key(1), this->key(1));
      manual_clock::advance(since_put);
      ASSERT_TRUE(this->cache.get(this->key(1)).has_value());
      manual_clock::advance(after);
      EXPECT_EQ(this->cache.contains(this->key(1)), after < 10s) << since_put.count();
    }
  }
}

TYPED_TEST(expiring_cache_idle, a_new_time_to_live_counts_as_asking_and_the_idle_time_is_told) {
  this->cache.put(this->key(1), this->key(1));
  manual_clock::advance(5s);
  EXPECT_LE(this->cache.time_to_live(this->key(1))->length(), 5s);
  EXPECT_TRUE(this->cache.set_time_to_live(this->key(1), 30s));
  EXPECT_GT(this->cache.time_to_live(this->key(1))->length(), 9s);
  for (int second = 0; second != 6; ++second) {
    manual_clock::advance(5s);
    EXPECT_EQ(this->cache.get(this->key(1)).has_value(), second != 5);
  }
}

TYPED_TEST(expiring_cache_idle, an_idle_time_of_nothing_keeps_nothing) {
  typename TestFixture::cache_type tested({.capacity = 10, .time_to_idle = 0s});
  EXPECT_FALSE(tested.put(this->key(1), this->key(1)));
  EXPECT_EQ(tested.size(), 0u);
}

TYPED_TEST(expiring_cache_idle, tells_that_it_expired) {
  std::vector<std::tuple<TypeParam, removal_cause>> seen;
  this->cache.on_removal(
      [&](const TypeParam& key, const TypeParam&, removal_cause cause) { seen.emplace_back(key, cause); });
  this->cache.put(this->key(1), this->key(1));
  manual_clock::advance(9s);
  this->cache.get(this->key(1));
  manual_clock::advance(9s);
  this->cache.expire();
  EXPECT_TRUE(seen.empty());
  manual_clock::advance(1s);
  this->cache.expire();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(std::get<1>(seen[0]), removal_cause::expired);
}

// With the clock of the system, whose time of a moment ago decides whether a hit is noted.
TEST(expiring_cache_idle_clock, what_is_asked_for_stays_with_the_clock_of_the_system) {
  using clock = std::chrono::steady_clock;
  plait::expiring_cache<int, int> cache({.capacity = 1000, .time_to_idle = 1500ms});
  cache.put(1, 1);
  cache.put(2, 2);
  const clock::time_point begin = clock::now();
  for (clock::time_point asked = begin; asked < begin + 2s;) {
    const bool is_there = cache.get(1).has_value();
    const clock::time_point now = clock::now();
    ASSERT_TRUE(is_there || now - asked > 1450ms);  // or the machine stood still
    if (!is_there) cache.put(1, 1);
    asked = now;
    std::this_thread::sleep_for(2ms);
  }
  EXPECT_FALSE(cache.contains(2));
}

}  // namespace
