// SPDX-License-Identifier: MIT
// The contract of expiring_cache: a test for each row of its table, for each mistake that caches are known for,
// with values that are read without a lock and others.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/map_values.hpp"
#include "support/sanitizer.hpp"

namespace {

using map_values::make;
using map_values::wide;
using namespace std::chrono_literals;
using plait::entry_lifetime;

constexpr std::chrono::nanoseconds tick{1 << 20};

template <class K, class V>
using timed_cache = plait::expiring_cache<K, V, plait::detail::key_hash<K>, std::equal_to<>, manual_clock>;

template <class Cache>
class expiring_cache : public testing::Test {
 protected:
  using K = typename Cache::key_type;
  using V = typename Cache::mapped_type;

  static K key(int number) { return make<K>(number); }
  static V value(int number) { return make<V>(number); }

  Cache cache{{.capacity = 100, .time_to_live = 10s}};
};

using caches =
    testing::Types<timed_cache<int, int>, timed_cache<int, wide>, timed_cache<std::string, std::string>>;
class names {
 public:
  template <class Cache>
  static std::string GetName(int number) {
    return std::vector<std::string>{"words", "wide", "strings"}[static_cast<std::size_t>(number)];
  }
};
TYPED_TEST_SUITE(expiring_cache, caches, names);

TYPED_TEST(expiring_cache, is_empty_at_first) {
  EXPECT_EQ(this->cache.size(), 0u);
  EXPECT_TRUE(this->cache.empty());
  EXPECT_EQ(this->cache.capacity(), 100u);
  EXPECT_EQ(this->cache.get(this->key(1)), std::nullopt);
  EXPECT_FALSE(this->cache.contains(this->key(1)));
  EXPECT_FALSE(this->cache.remove(this->key(1)));
}

TYPED_TEST(expiring_cache, gets_what_was_put) {
  EXPECT_TRUE(this->cache.put(this->key(1), this->value(10)));
  EXPECT_TRUE(this->cache.put(this->key(2), this->value(20)));
  EXPECT_EQ(this->cache.get(this->key(1)), this->value(10));
  EXPECT_EQ(this->cache.get(this->key(2)), this->value(20));
  EXPECT_TRUE(this->cache.contains(this->key(2)));
  EXPECT_EQ(this->cache.size(), 2u);
}

TYPED_TEST(expiring_cache, visits_a_copy_under_no_lock) {
  this->cache.put(this->key(1), this->value(10));
  EXPECT_TRUE(this->cache.visit(this->key(1), [&](const auto& found) {
    this->cache.put(this->key(1), this->value(11));
    EXPECT_EQ(found, this->value(10));
  }));
  EXPECT_EQ(this->cache.get(this->key(1)), this->value(11));
  EXPECT_FALSE(this->cache.visit(this->key(2), [](const auto&) { FAIL(); }));
}

TYPED_TEST(expiring_cache, adds_only_what_is_not_there) {
  EXPECT_TRUE(this->cache.add(this->key(1), this->value(10)));
  EXPECT_FALSE(this->cache.add(this->key(1), this->value(11)));
  EXPECT_EQ(this->cache.get(this->key(1)), this->value(10));
  manual_clock::advance(10s);
  EXPECT_TRUE(this->cache.add(this->key(1), this->value(12))) << "what has expired is not there";
  EXPECT_EQ(this->cache.get(this->key(1)), this->value(12));
}

TYPED_TEST(expiring_cache, replaces_only_what_is_there) {
  EXPECT_FALSE(this->cache.replace(this->key(1), this->value(10)));
  EXPECT_FALSE(this->cache.contains(this->key(1)));
  this->cache.put(this->key(1), this->value(10));
  EXPECT_TRUE(this->cache.replace(this->key(1), this->value(11)));
  EXPECT_EQ(this->cache.get(this->key(1)), this->value(11));
  manual_clock::advance(10s);
  EXPECT_FALSE(this->cache.replace(this->key(1), this->value(12))) << "what has expired is not there";
  EXPECT_FALSE(this->cache.contains(this->key(1)));
}

TYPED_TEST(expiring_cache, removes) {
  this->cache.put(this->key(1), this->value(10));
  this->cache.put(this->key(2), this->value(20));
  EXPECT_TRUE(this->cache.remove(this->key(1)));
  EXPECT_FALSE(this->cache.remove(this->key(1)));
  EXPECT_FALSE(this->cache.contains(this->key(1)));
  manual_clock::advance(10s);
  EXPECT_FALSE(this->cache.remove(this->key(2))) << "what has expired is not there";
}

TYPED_TEST(expiring_cache, clears) {
  for (int round = 0; round != 3; ++round) {
    for (int i = 0; i != 90; ++i) this->cache.put(this->key(i), this->value(i));
    EXPECT_EQ(this->cache.size(), 90u);
    this->cache.clear();
    EXPECT_EQ(this->cache.size(), 0u);
    for (int i = 0; i != 90; ++i) EXPECT_FALSE(this->cache.contains(this->key(i)));
  }
}

// Trap: put of a key that is there, when the cache is full, evicts another entry.
TYPED_TEST(expiring_cache, a_put_of_what_is_there_replaces_it_in_place) {
  for (int i = 0; i != 100; ++i) this->cache.put(this->key(i), this->value(i));
  for (int i = 0; i != 100; ++i) EXPECT_TRUE(this->cache.put(this->key(i), this->value(i + 1)));
  EXPECT_EQ(this->cache.size(), 100u);
  for (int i = 0; i != 100; ++i) EXPECT_EQ(this->cache.get(this->key(i)), this->value(i + 1));
}

TYPED_TEST(expiring_cache, a_put_begins_a_new_time_to_live_and_a_get_does_not) {
  this->cache.put(this->key(1), this->value(10));
  this->cache.put(this->key(2), this->value(20));
  manual_clock::advance(8s);
  this->cache.put(this->key(1), this->value(11));
  EXPECT_TRUE(this->cache.get(this->key(2)).has_value());
  manual_clock::advance(8s);
  EXPECT_EQ(this->cache.get(this->key(1)), this->value(11));
  EXPECT_EQ(this->cache.get(this->key(2)), std::nullopt);
}

TYPED_TEST(expiring_cache, tells_how_long_an_entry_has_left) {
  EXPECT_EQ(this->cache.time_to_live(this->key(1)), std::nullopt);
  this->cache.put(this->key(1), this->value(10));
  this->cache.put(this->key(2), this->value(20), plait::never_expires);
  EXPECT_TRUE(this->cache.time_to_live(this->key(2))->is_endless());
  for (int second = 10; second != 0; --second) {
    const auto left = this->cache.time_to_live(this->key(1))->length();
    EXPECT_LE(left, std::chrono::seconds(second));
    EXPECT_GT(left, std::chrono::seconds(second) - tick);
    manual_clock::advance(1s);
  }
  EXPECT_EQ(this->cache.time_to_live(this->key(1)), std::nullopt);
}

TYPED_TEST(expiring_cache, an_entry_gets_another_time_to_live) {
  EXPECT_FALSE(this->cache.set_time_to_live(this->key(1), 1s));
  for (int i = 1; i != 6; ++i) this->cache.put(this->key(i), this->value(10 * i));
  EXPECT_TRUE(this->cache.set_time_to_live(this->key(1), 5s));
  EXPECT_TRUE(this->cache.set_time_to_live(this->key(2), 20s));
  EXPECT_TRUE(this->cache.set_time_to_live(this->key(3), plait::never_expires));
  EXPECT_TRUE(this->cache.set_time_to_live(this->key(4), 0s));
  EXPECT_EQ(this->cache.size(), 4u);
  for (int i = 1; i != 6; ++i)
    EXPECT_EQ(this->cache.get(this->key(i)), i == 4 ? std::nullopt : std::optional(this->value(10 * i)));
  manual_clock::advance(5s);
  EXPECT_FALSE(this->cache.contains(this->key(1)));
  EXPECT_EQ(this->cache.size(), 3u);
  manual_clock::advance(5s);
  EXPECT_FALSE(this->cache.set_time_to_live(this->key(5), 5s)) << "what has expired is not there";
  EXPECT_EQ(this->cache.size(), 2u);
  EXPECT_TRUE(this->cache.set_time_to_live(this->key(3), 1s));
  manual_clock::advance(10s);
  EXPECT_EQ(this->cache.size(), 0u);
}

// Trap: never more than the capacity, also with several shards, and all of it is used.
TYPED_TEST(expiring_cache, holds_no_more_than_its_capacity) {
  constexpr int keys = under_sanitizer ? 4'000 : 12'000;
  for (const std::uint64_t capacity : {1u, 2u, 3u, 100u, 1000u, 3001u}) {
    TypeParam own({.capacity = capacity});
    std::size_t most = 0;
    for (int i = 0; i != keys; ++i) {
      own.put(this->key(i), this->value(i));
      if (i % 100 == 0 || capacity < 4) most = std::max(most, own.size());
      ASSERT_LE(most, capacity);
    }
    EXPECT_EQ(own.size(), capacity);
    std::size_t there = 0;
    for (int i = 0; i != keys; ++i) {
      const auto found = own.get(this->key(i));
      there += found ? 1 : 0;
      ASSERT_TRUE(!found || found == this->value(i));
    }
    EXPECT_EQ(there, capacity);
  }
}

// Trap: a put and then a get that finds nothing, because the newest entry was wanted least.
TYPED_TEST(expiring_cache, what_was_just_put_is_there) {
  for (const std::uint64_t capacity : {1u, 2u, 3u, 5u, 10u, 100u, 1000u}) {
    TypeParam own({.capacity = capacity});
    for (int i = 0; i != (under_sanitizer ? 1500 : 3000); ++i) {
      ASSERT_TRUE(own.put(this->key(i), this->value(i)));
      ASSERT_EQ(own.get(this->key(i)), this->value(i));
      if (i % 3 == 0) own.get(this->key(i / 2));
    }
  }
}

// Trap: an entry is served at its deadline because nobody has removed it yet.
TYPED_TEST(expiring_cache, nothing_is_served_at_its_deadline) {
  for (const std::chrono::nanoseconds lives : {2 * tick, 7 * tick, 64 * tick, 1000 * tick, 100'000 * tick}) {
    for (const std::chrono::nanoseconds offset : {0ns, 1ns, tick / 2, tick - 1ns}) {
      TypeParam own({.capacity = 10});
      manual_clock::advance(offset);
      own.put(this->key(1), this->value(10), lives);
      manual_clock::advance(lives - tick);
      EXPECT_TRUE(own.contains(this->key(1))) << "lost more than a tick of " << lives.count();
      manual_clock::advance(tick - 1ns);
      manual_clock::advance(1ns);
      EXPECT_EQ(own.get(this->key(1)), std::nullopt);
      EXPECT_FALSE(own.visit(this->key(1), [](const auto&) {}));
      EXPECT_FALSE(own.contains(this->key(1)));
      EXPECT_FALSE(own.replace(this->key(1), this->value(11)));
      EXPECT_EQ(own.size(), 0u);
    }
  }
}

// Trap: what has expired is counted, and stays for ever where nobody puts anything.
TYPED_TEST(expiring_cache, size_counts_what_has_not_expired) {
  TypeParam own({.capacity = 5000});
  for (int i = 0; i != 3000; ++i) own.put(this->key(i), this->value(i), (i + 1) * 10 * tick);
  for (std::size_t left = 3000; left != 0; left -= 100) {
    EXPECT_EQ(own.size(), left);
    manual_clock::advance(1000 * tick);
  }
  EXPECT_EQ(own.size(), 0u);
}

// More expire at once than a call removes.
TYPED_TEST(expiring_cache, what_has_expired_and_is_still_in_the_way_is_not_there) {
  TypeParam own({.capacity = 4000, .time_to_live = 1s});
  const auto fill = [&] {
    for (int i = 0; i != 3000; ++i) own.put(this->key(i), this->value(i));
    manual_clock::advance(1s);
  };
  fill();
  for (int i = 2999; i >= 2000; --i) ASSERT_FALSE(own.replace(this->key(i), this->value(i)));
  for (int i = 1999; i >= 1000; --i) ASSERT_FALSE(own.remove(this->key(i)));
  for (int i = 999; i >= 0; --i) ASSERT_TRUE(own.add(this->key(i), this->value(i + 1)));
  EXPECT_EQ(own.size(), 1000u);
  for (int i = 0; i != 1000; ++i) ASSERT_EQ(own.get(this->key(i)), this->value(i + 1));
  fill();
  for (int i = 2999; i >= 0; --i) ASSERT_TRUE(own.put(this->key(i), this->value(i + 2)));
  EXPECT_EQ(own.size(), 3000u);
  for (int i = 0; i != 3000; ++i) ASSERT_EQ(own.get(this->key(i)), this->value(i + 2));
}

// Trap: live entries are evicted while dead ones stay.
TYPED_TEST(expiring_cache, what_has_expired_makes_room) {
  for (int i = 0; i != 90; ++i) this->cache.put(this->key(i), this->value(i), 1s);
  for (int i = 100; i != 110; ++i) this->cache.put(this->key(i), this->value(i));
  manual_clock::advance(2s);
  for (int i = 200; i != 290; ++i) this->cache.put(this->key(i), this->value(i));
  EXPECT_EQ(this->cache.size(), 100u);
  for (int i = 100; i != 110; ++i) EXPECT_TRUE(this->cache.contains(this->key(i)));
  for (int i = 200; i != 290; ++i) EXPECT_TRUE(this->cache.contains(this->key(i)));
}

// Trap: times to live of zero, less, infinity and NaN.
TYPED_TEST(expiring_cache, a_time_to_live_that_is_over_stores_nothing) {
  for (const entry_lifetime over : {entry_lifetime(0s), entry_lifetime(-1s), entry_lifetime(-1e300 * 1s),
                                    entry_lifetime(std::chrono::seconds::min()), entry_lifetime(-0.0 * 1s)}) {
    EXPECT_FALSE(this->cache.put(this->key(1), this->value(10), over));
    EXPECT_FALSE(this->cache.add(this->key(1), this->value(10), over));
    EXPECT_FALSE(this->cache.contains(this->key(1)));
    this->cache.put(this->key(2), this->value(20));
    EXPECT_FALSE(this->cache.add(this->key(2), this->value(21), over));
    EXPECT_EQ(this->cache.get(this->key(2)), this->value(20));
    EXPECT_FALSE(this->cache.put(this->key(2), this->value(21), over));
    EXPECT_FALSE(this->cache.contains(this->key(2))) << "it would be an old value";
    this->cache.put(this->key(2), this->value(20));
    EXPECT_FALSE(this->cache.replace(this->key(2), this->value(21), over));
    EXPECT_FALSE(this->cache.contains(this->key(2)));
    EXPECT_EQ(this->cache.size(), 0u);
  }
}

TYPED_TEST(expiring_cache, an_infinite_time_to_live_never_ends) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<entry_lifetime> endless{plait::never_expires,
                                            infinity * 1s,
                                            1e300 * 1s,
                                            std::chrono::hours::max(),
                                            std::chrono::nanoseconds::max(),
                                            std::chrono::nanoseconds::max() - 1ns};
  int number = 0;
  for (const entry_lifetime& each : endless) {
    EXPECT_TRUE(this->cache.put(this->key(number), this->value(number), each));
    ++number;
  }
  manual_clock::advance(24h * 365 * 30);
  EXPECT_EQ(this->cache.size(), endless.size());
  for (int i = 0; i != number; ++i) EXPECT_TRUE(this->cache.contains(this->key(i)));
}

// Such a deadline is no infinite one, and has no list in the wheel.
TYPED_TEST(expiring_cache, a_time_to_live_of_a_century_corrupts_nothing) {
  for (const int years : {35, 36, 37, 100, 292}) {
    EXPECT_TRUE(this->cache.put(this->key(years), this->value(1), years * 365 * 24h));
    EXPECT_TRUE(this->cache.set_time_to_live(this->key(years), years * 365 * 24h));
  }
  EXPECT_EQ(this->cache.size(), 5u);
  manual_clock::advance(34 * 365 * 24h);
  EXPECT_EQ(this->cache.size(), 5u);
}

// Once, such a moment had a list in the wheel that is none, and what never ends was over.
struct clock_of_centuries {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<clock_of_centuries, duration>;
  static time_point now() { return time_point(time); }
  inline static duration time{0};
};
TEST(expiring_cache_values, a_moment_centuries_later_corrupts_nothing) {
  plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, clock_of_centuries> cache(
      {.capacity = 100});
  for (int i = 0; i != 40; ++i) cache.put(i, i, i % 2 == 0 ? entry_lifetime(1h * i) : plait::never_expires);
  for (const int years : {30, 100, 250}) {
    clock_of_centuries::time = years * 365 * 24h;
    EXPECT_EQ(cache.size(), 20u);
    EXPECT_TRUE(cache.put(1, 1) && cache.put(100, 1, 1h) && cache.remove(100));
  }
}

TEST(expiring_cache_options, a_time_to_live_that_is_no_number_is_refused) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(entry_lifetime(nan * 1s), std::invalid_argument);
  EXPECT_THROW((plait::expiring_cache<int, int>({.capacity = 1, .time_to_live = nan * 1h})),
               std::invalid_argument);
}

TEST(expiring_cache_options, a_capacity_of_0_is_refused) {
  EXPECT_THROW((plait::expiring_cache<int, int>({.capacity = 0})), std::invalid_argument);
}

TEST(expiring_cache_options, more_entries_than_there_are_numbers_are_refused) {
  EXPECT_THROW((plait::expiring_cache<int, int>({.capacity = std::uint64_t{1} << 40})), std::invalid_argument);
}

TEST(expiring_cache_options, times_of_any_unit_are_taken) {
  EXPECT_EQ(entry_lifetime(5min).length(), 300s);
  EXPECT_EQ(entry_lifetime(1.5s).length(), 1500ms);
  EXPECT_EQ(entry_lifetime(24h * 365).length(), 24h * 365);
  EXPECT_TRUE(plait::never_expires.is_endless());
}

// Trap: a wall clock that is set back or forward.
struct wall_clock {
  static constexpr bool is_steady = false;
  static std::chrono::system_clock::time_point now() { return {}; }
};
TEST(expiring_cache_options, a_clock_that_may_be_set_is_refused) {
  EXPECT_FALSE(plait::time_source<std::chrono::system_clock>);
  EXPECT_FALSE(plait::time_source<wall_clock>);
  EXPECT_TRUE(plait::time_source<std::chrono::steady_clock>);
  EXPECT_TRUE(plait::time_source<manual_clock>);
}

// The default clock looks at a time of some moments ago first; this must not show.
TEST(expiring_cache_values, expires_in_time_with_the_clock_of_the_system) {
  plait::expiring_cache<int, int> cache({.capacity = 1000});
  int number = 0;
  for (const auto lives : {3ms, 20ms, 1100ms}) {
    const auto before = std::chrono::steady_clock::now();
    cache.put(++number, 1, lives);
    const auto after = std::chrono::steady_clock::now();
    EXPECT_TRUE(cache.contains(number) || std::chrono::steady_clock::now() >= before + lives - 2 * tick);
    std::this_thread::sleep_until(before + lives - 50ms);
    for (;;) {
      const auto asked = std::chrono::steady_clock::now();
      const bool found = cache.get(number).has_value();
      const auto answered = std::chrono::steady_clock::now();
      if (found) {
        ASSERT_LT(asked, after + lives) << "expired, and served";
      } else {
        ASSERT_GE(answered, before + lives - 2 * tick) << "gone before its time";
        break;
      }
    }
  }
}

// Trap: there is no telling a stored "nothing" from nothing stored.
TEST(expiring_cache_values, tells_an_empty_value_from_none) {
  plait::expiring_cache<int, std::optional<int>> cache({.capacity = 10});
  cache.put(1, std::nullopt);
  EXPECT_TRUE(cache.get(1).has_value());
  EXPECT_EQ(*cache.get(1), std::nullopt);
  EXPECT_FALSE(cache.get(2).has_value());
}

TEST(expiring_cache_values, is_asked_for_strings_by_literals_and_views) {
  plait::expiring_cache<std::string, int> cache({.capacity = 10});
  cache.put("a literal", 1);
  EXPECT_EQ(cache.get(std::string_view("a literal")), 1);
  EXPECT_TRUE(cache.remove("a literal"));
}

TEST(expiring_cache_values, a_value_given_as_another_type_warns_of_nothing) {
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = 10});
  cache.put(1, 2);
  EXPECT_EQ(cache.get(1), 2u);
}

TEST(expiring_cache_values, keeps_what_can_only_be_moved) {
  plait::expiring_cache<int, std::unique_ptr<int>> cache({.capacity = 10});
  auto first = std::make_unique<int>(1);
  EXPECT_TRUE(cache.put(1, std::move(first)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(cache.add(1, std::move(second)));
  EXPECT_NE(second, nullptr) << "moved from, and not stored";
  EXPECT_FALSE(cache.replace(2, std::move(second)));
  EXPECT_NE(second, nullptr);
  EXPECT_TRUE(cache.replace(1, std::move(second)));
  EXPECT_TRUE(cache.contains(1));
  EXPECT_TRUE(cache.remove(1));
}

// Trap: destructors of values run under the lock, and wait for themselves when they use the cache.
struct user {
  struct state {
    plait::expiring_cache<int, user>* of = nullptr;
    int ended = 0;
  };
  explicit user(state& in) : in_(&in) {}
  user(user&& other) noexcept : in_(std::exchange(other.in_, nullptr)) {}
  user(const user& other) = delete;
  ~user() {
    if (in_ == nullptr || in_->of == nullptr) return;
    ++in_->ended;
    in_->of->contains(1);
    in_->of->remove(1'000'000);
    in_->of->size();
  }
  state* in_;
};
TEST(expiring_cache_values, destroys_values_under_no_lock) {
  user::state seen;
  plait::expiring_cache<int, user> cache({.capacity = 10});
  seen.of = &cache;
  for (int i = 0; i != 100; ++i) cache.put(i, user(seen));
  EXPECT_EQ(seen.ended, 90) << "evicted";
  int there = 0;
  while (!cache.contains(there)) ++there;
  cache.put(there, user(seen));
  EXPECT_EQ(seen.ended, 91) << "replaced";
  cache.remove(there);
  EXPECT_EQ(seen.ended, 92) << "removed";
  cache.clear();
  EXPECT_EQ(seen.ended, 101);
  cache.put(1, user(seen), 1ms);
  std::this_thread::sleep_for(5ms);
  cache.expire();
  EXPECT_EQ(seen.ended, 102) << "expired";
  seen.of = nullptr;
}

// Trap: a scan ruins the cache, because what was asked for often leaves for what is asked for once.
TEST(expiring_cache_values, a_scan_does_not_drive_out_what_is_asked_for_often) {
  plait::expiring_cache<int, int> cache({.capacity = 1000});
  for (int round = 0; round != 20; ++round)
    for (int key = 0; key != 500; ++key)
      if (!cache.get(key)) cache.put(key, key);
  for (int key = 10'000; key != 20'000; ++key)
    if (!cache.get(key)) cache.put(key, key);
  int left = 0;
  for (int key = 0; key != 500; ++key) left += cache.contains(key) ? 1 : 0;
  EXPECT_GE(left, 450);
}

}  // namespace
