// SPDX-License-Identifier: MIT
// What load_options of expiring_cache say: values that grow old and are loaded again, in the background or not;
// errors that the old value hides; nothing that is remembered; times to live that are spread.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/threads.hpp"

namespace {

using namespace std::chrono_literals;
using plait::load_options;

template <class V>
using cache_of =
    plait::expiring_cache<std::string, V, plait::detail::key_hash<std::string>, std::equal_to<>, manual_clock>;

// Runs what it was given when it is told to.
class held_executor {
 public:
  void operator()(std::function<void()> task) { tasks_.push_back(std::move(task)); }
  std::size_t waiting() const { return tasks_.size(); }
  void run_all() {
    for (const auto& each : std::exchange(tasks_, {})) each();
  }
  void drop_all() { tasks_.clear(); }

 private:
  std::vector<std::function<void()>> tasks_;
};

class expiring_cache_refresh : public testing::Test {
 protected:
  // Loads 1, 2, 3 ..., or fails.
  int get(const load_options& how) {
    return cache.get_or_load("key", [this] { return fails ? throw std::range_error("fails") : ++loads; }, how);
  }
  load_options in_the_background() {
    return {.time_to_live = 60s, .refresh_after = 10s, .executor = std::ref(executor)};
  }

  int loads = 0;
  bool fails = false;
  cache_of<int> cache{{.capacity = 100, .time_to_live = 60s}};
  held_executor executor;  // after the cache, which must outlive what it holds
};

TEST_F(expiring_cache_refresh, an_old_value_is_returned_and_loaded_again_in_the_background) {
  EXPECT_EQ(get(in_the_background()), 1);
  manual_clock::advance(9s);
  EXPECT_EQ(get(in_the_background()), 1);
  EXPECT_EQ(executor.waiting(), 0u) << "not old yet";
  manual_clock::advance(1s);
  for (int i = 0; i != 5; ++i) EXPECT_EQ(get(in_the_background()), 1);
  EXPECT_EQ(executor.waiting(), 1u) << "one is enough";
  EXPECT_EQ(loads, 1);
  executor.run_all();
  EXPECT_EQ(loads, 2);
  EXPECT_EQ(get(in_the_background()), 2);
  EXPECT_EQ(executor.waiting(), 0u) << "it is young again";
  manual_clock::advance(55s);
  EXPECT_EQ(get(in_the_background()), 2) << "with a new time to live";
}

TEST_F(expiring_cache_refresh, without_an_executor_who_finds_it_old_loads_and_others_have_the_old_value) {
  plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, manual_clock> own(
      {.capacity = 10});
  const load_options how{.time_to_live = 60s, .refresh_after = 10s};
  EXPECT_EQ(own.get_or_load(1, [] { return 1; }, how), 1);
  manual_clock::advance(10s);
  std::latch has_begun(1), goes_on(1);
  threads::sleeper loader([&] {
    EXPECT_EQ(own.get_or_load(1, [&] { return has_begun.count_down(), goes_on.wait(), 2; }, how), 2);
  });
  has_begun.wait();
  EXPECT_EQ(own.get_or_load(1, [] { return 3; }, how), 1);
  goes_on.count_down();
  loader.join();
  EXPECT_EQ(own.get_or_load(1, [] { return 3; }, how), 2);
}

TEST_F(expiring_cache_refresh, an_error_reaches_who_loads_or_the_old_value_hides_it) {
  const load_options strict{.refresh_after = 10s};
  const load_options lenient{.refresh_after = 10s, .stale_if_error = true};
  EXPECT_EQ(get(strict), 1);
  manual_clock::advance(10s);
  fails = true;
  EXPECT_THROW(get(strict), std::range_error);
  EXPECT_EQ(get(lenient), 1);
  EXPECT_EQ(cache.statistics().failed_loads, 2u);
  manual_clock::advance(50s);
  EXPECT_THROW(get(lenient), std::range_error) << "never what has expired";
  fails = false;
  EXPECT_EQ(get(lenient), 2);
}

TEST_F(expiring_cache_refresh, an_error_in_the_background_is_counted_and_tried_again) {
  EXPECT_EQ(get(in_the_background()), 1);
  manual_clock::advance(10s);
  fails = true;
  EXPECT_EQ(get(in_the_background()), 1);
  executor.run_all();
  EXPECT_EQ(cache.statistics().failed_loads, 1u);
  fails = false;
  EXPECT_EQ(get(in_the_background()), 1);
  executor.run_all();
  EXPECT_EQ(get(in_the_background()), 2);
}

// Trap: a refresh that ends after an invalidation puts the old value back.
TEST_F(expiring_cache_refresh, what_was_removed_meanwhile_does_not_come_back) {
  for (const bool by_time : {false, true}) {
    loads = 0;
    EXPECT_EQ(get(in_the_background()), 1);
    manual_clock::advance(10s);
    EXPECT_EQ(get(in_the_background()), 1);
    EXPECT_TRUE(by_time ? cache.set_time_to_live("key", 0s) : cache.remove("key"));
    executor.run_all();
    EXPECT_FALSE(cache.contains("key"));
    EXPECT_EQ(loads, 1) << "nobody wants it";
  }
}
TEST_F(expiring_cache_refresh, what_got_another_time_meanwhile_is_loaded_all_the_same) {
  EXPECT_EQ(get(in_the_background()), 1);
  manual_clock::advance(10s);
  EXPECT_EQ(get(in_the_background()), 1);
  EXPECT_TRUE(cache.set_time_to_live("key", 30s));
  executor.run_all();
  EXPECT_EQ(cache.get("key"), 2);
}

// Trap: a thread of the executor misses the key, and waits for what stands behind it in the queue.
TEST_F(expiring_cache_refresh, nobody_waits_for_a_load_that_has_not_begun) {
  EXPECT_EQ(get(in_the_background()), 1);
  manual_clock::advance(10s);
  EXPECT_EQ(get(in_the_background()), 1);
  manual_clock::advance(50s);
  EXPECT_EQ(get(in_the_background()), 2);
  executor.run_all();
  EXPECT_EQ(loads, 2) << "overtaken";
  EXPECT_EQ(cache.get("key"), 2);
}

TEST_F(expiring_cache_refresh, an_executor_that_runs_nothing_loses_nothing) {
  EXPECT_EQ(get(in_the_background()), 1);
  manual_clock::advance(10s);
  EXPECT_EQ(get(in_the_background()), 1);
  executor.drop_all();
  EXPECT_EQ(get(in_the_background()), 1);
  executor.run_all();
  EXPECT_EQ(get(in_the_background()), 2);
  manual_clock::advance(10s);
  const load_options refused{.refresh_after = 10s,
                             .executor = [](const auto&) { throw std::length_error("full"); }};
  EXPECT_EQ(get(refused), 2);
  EXPECT_EQ(cache.statistics().failed_loads, 1u);
  load_options at_once = in_the_background();
  at_once.executor = [](const auto& task) { task(); };
  EXPECT_EQ(get(at_once), 2);
  EXPECT_EQ(get(at_once), 3);
}

TEST_F(expiring_cache_refresh, a_load_in_the_background_that_asks_for_its_own_key_has_the_old_value) {
  int seen = 0;
  load_options at_once = in_the_background();
  at_once.executor = [](const auto& task) { task(); };
  EXPECT_EQ(get(at_once), 1);
  manual_clock::advance(10s);
  EXPECT_EQ(cache.get_or_load("key", [&] { return seen = get(at_once), 7; }, at_once), 1);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(cache.get("key"), 7);
}

TEST_F(expiring_cache_refresh, what_never_ends_has_no_age) {
  EXPECT_THROW(get({.time_to_live = plait::never_expires, .refresh_after = 1s}), std::invalid_argument);
}

// Trap: nothing that is stored is taken for nothing that is known.
TEST(expiring_cache_nothing, is_remembered_for_a_time_of_its_own) {
  cache_of<std::optional<int>> cache({.capacity = 100, .time_to_live = 60s});
  int loads = 0;
  const load_options how{.time_to_live_of_nothing = 5s};
  const auto get = [&](std::optional<int> found) {
    return cache.get_or_load("key", [&] { return ++loads, found; }, how);
  };
  EXPECT_EQ(get(std::nullopt), std::nullopt);
  EXPECT_EQ(get(1), std::nullopt) << "known to be nothing";
  ASSERT_TRUE(cache.get("key").has_value());
  EXPECT_FALSE(cache.get("key")->has_value());
  EXPECT_FALSE(cache.get("other").has_value());
  manual_clock::advance(5s);
  EXPECT_EQ(get(1), 1);
  manual_clock::advance(5s);
  EXPECT_EQ(get(std::nullopt), 1) << "a value lives longer";
  EXPECT_EQ(loads, 2);
  const load_options forgets{.time_to_live_of_nothing = 0s};
  for (int i = 0; i != 2; ++i)
    EXPECT_EQ(cache.get_or_load("third", [&] { return ++loads, std::optional<int>(); }, forgets), std::nullopt);
  EXPECT_EQ(loads, 4);
}

// Once, nothing was taken for as old as a value whose time to live ends when its own does.
TEST(expiring_cache_nothing, has_an_age_of_its_own) {
  for (const plait::entry_lifetime lives : {plait::entry_lifetime(5s), plait::never_expires}) {
    cache_of<std::optional<int>> cache({.capacity = 100, .time_to_live = 60s});
    int loads = 0;
    const load_options how{.time_to_live_of_nothing = lives, .refresh_after = 10s};
    const auto get = [&] {
      return cache.get_or_load("key", [&] { return ++loads, std::optional<int>(); }, how);
    };
    for (int i = 0; i != 4; ++i, manual_clock::advance(1s)) EXPECT_EQ(get(), std::nullopt);
    EXPECT_EQ(loads, 1);
    manual_clock::advance(10s);
    EXPECT_EQ(get(), std::nullopt);
    EXPECT_EQ(loads, lives.is_endless() ? 1 : 2);
  }
  cache_of<std::optional<int>> cache({.capacity = 100, .time_to_live = 60s});
  int loads = 0;
  const load_options how{.time_to_live_of_nothing = 30s, .refresh_after = 10s};
  const auto get = [&] { return cache.get_or_load("key", [&] { return ++loads, std::optional<int>(); }, how); };
  EXPECT_EQ(get(), std::nullopt);
  manual_clock::advance(9s);
  EXPECT_EQ(get(), std::nullopt);
  EXPECT_EQ(loads, 1);
  manual_clock::advance(2s);
  EXPECT_EQ(get(), std::nullopt);
  EXPECT_EQ(loads, 2);
}

// Trap: what was put at the same time ends at the same time, and everybody loads.
TEST(expiring_cache_spread, entries_end_one_after_the_other_and_never_late) {
  plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, manual_clock> cache(
      {.capacity = 2000, .time_to_live = 100s, .spread = 0.2});
  const auto left = [&](int key) { return cache.time_to_live(key)->length(); };
  for (int i = 0; i != 1000; ++i) cache.put(i, i);
  std::vector<std::chrono::nanoseconds> first;
  for (int i = 0; i != 1000; ++i) {
    first.push_back(left(i));
    EXPECT_GT(first.back(), 79s);
    EXPECT_LE(first.back(), 100s);
  }
  const auto [shortest, longest] = std::ranges::minmax(first);
  EXPECT_LT(shortest, 82s);
  EXPECT_GT(longest, 98s);
  manual_clock::advance(50s);
  for (int i = 0; i != 1000; ++i) {
    cache.put(i, i + 1);
    EXPECT_LT(std::chrono::abs(left(i) - first[static_cast<std::size_t>(i)]), 3ms)
        << "always the same for a key";
  }
  manual_clock::advance(90s);
  EXPECT_GT(cache.size(), 300u);
  EXPECT_LT(cache.size(), 700u);
  cache.put(5000, 1, plait::never_expires);
  EXPECT_TRUE(cache.time_to_live(5000)->is_endless());
}

TEST(expiring_cache_spread, a_spread_that_is_no_part_is_refused) {
  for (const double spread : {-0.1, 1.0, 2.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW((plait::expiring_cache<int, int>({.capacity = 10, .spread = spread})), std::invalid_argument);
}

// Threads of an executor, and others that ask, expire and remove.
TEST(expiring_cache_refresh_threads, values_are_never_older_than_the_last_removal) {
  plait::expiring_cache<int, int> cache({.capacity = 100, .time_to_live = 20ms});
  std::atomic<int> source = 0, stale = 0;
  {
    const load_options how{
        .refresh_after = 4ms, .executor = [](const auto& task) { task(); }, .stale_if_error = true};
    std::vector<std::jthread> threads;
    for (int t = 0; t != 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i != 3000; ++i) {
          if (t == 0 && i % 50 == 0) {
            ++source;
            cache.remove(1);
          }
          const int least = t == 0 ? source.load() : 0;  // only this thread changes it
          if (cache.get_or_load(1, [&] { return source.load(); }, how) < least) ++stale;
        }
      });
  }
  EXPECT_EQ(stale, 0);
}

}  // namespace
