// SPDX-License-Identifier: MIT
// What expiring_cache promises to several threads. What one thread sees is in the other tests.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/sanitizer.hpp"
#include "support/threads.hpp"

namespace {

using namespace std::chrono_literals;
using plait::removal_cause;

// Trap: readers wait for each other.
TEST(expiring_cache_threads, readers_do_not_wait_for_a_writer_that_is_stopped) {
  // What a value is made of, under the lock of the shard, when somebody lets it.
  static std::atomic<bool> is_stopped, goes_on;
  struct stops {
    operator int() const {  // NOLINT(google-explicit-constructor)
      is_stopped = true;
      while (!goes_on) std::this_thread::yield();
      return 2;
    }
  };
  plait::expiring_cache<int, int> cache({.capacity = 10});
  cache.put(1, 1);
  std::jthread writer([&] { cache.put(2, stops()); });
  while (!is_stopped) std::this_thread::yield();
  EXPECT_EQ(cache.get(1), 1);
  EXPECT_FALSE(cache.contains(2));
  goes_on = true;
}

// Trap: an invalidation that a load under way undoes, because it ends later.
TEST(expiring_cache_threads, what_is_loaded_during_remove_if_is_not_kept) {
  plait::expiring_cache<std::string, std::string> cache({.capacity = 10});
  cache.put("kept", "old");
  std::latch has_begun(1), goes_on(1);
  threads::sleeper loader([&] {
    EXPECT_EQ(cache.get_or_load("loaded", [&] { return has_begun.count_down(), goes_on.wait(), "old"; }),
              "old");
  });
  has_begun.wait();
  EXPECT_EQ(cache.remove_if([](std::string_view key, std::string_view) { return key != "kept"; }), 0u);
  goes_on.count_down();
  loader.join();
  EXPECT_FALSE(cache.contains("loaded"));
  EXPECT_TRUE(cache.contains("kept"));
}

// Trap: a load that ends after its tag was invalidated puts back what was just removed.
TEST(expiring_cache_threads, a_load_that_an_invalidation_overtakes_is_not_kept) {
  plait::expiring_cache<int, int> cache({.capacity = 10});
  for (const bool has_tag : {true, false}) {
    std::latch has_begun(1), goes_on(1);
    std::jthread loader([&] {
      const plait::load_options how{.tags = {has_tag ? "a" : "b"}};
      EXPECT_EQ(cache.get_or_load(1, [&] { return has_begun.count_down(), goes_on.wait(), 5; }, how), 5);
    });
    has_begun.wait();
    EXPECT_EQ(cache.invalidate_tag("a"), 0u);
    goes_on.count_down();
    loader.join();
    EXPECT_EQ(cache.contains(1), !has_tag);
  }
  EXPECT_EQ(cache.invalidate_tag("b"), 1u) << "what was loaded has its tags";
}

TEST(expiring_cache_threads, four_never_exceed_a_capacity_of_weights) {
  const auto own_weight = [](int, std::uint64_t value) { return value; };
  plait::expiring_cache<int, std::uint64_t> tested({.capacity = 4000, .heaviest = 200}, own_weight);
  std::atomic<bool> is_over = false;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t != 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i != 5000; ++i) {
          tested.put((i * 31 + t) % 300, static_cast<std::uint64_t>(i * 7 + t) % 220);
          if (i % 16 == 0 && tested.weight() > 4000) is_over = true;
        }
      });
  }
  EXPECT_FALSE(is_over);
  std::uint64_t sum = 0;
  tested.for_each([&](int, std::uint64_t value) { sum += std::max<std::uint64_t>(value, 1); });
  EXPECT_EQ(tested.weight(), sum);
}

// Each value that was put leaves once, or is still there.
TEST(expiring_cache_threads, a_listener_is_told_once_of_each_value) {
  constexpr int threads = 4, calls = under_sanitizer ? 4'000 : 20'000, keys = 100;
  plait::expiring_cache<int, int> cache({.capacity = 50, .time_to_live = 2ms});
  std::vector<std::atomic<int>> told(threads * calls);
  std::atomic<int> causes[5] = {};
  cache.on_removal([&](int, int value, removal_cause cause) {
    ++told[static_cast<std::size_t>(value)];
    ++causes[static_cast<std::size_t>(cause)];
  });
  std::atomic<int> stored = 0;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i != threads; ++i)
      all.emplace_back([&, i] {
        for (int made = 0; made != calls; ++made) {
          const int key = (made * 31 + i * 7) % keys;
          if (made % 5 == 0) {
            cache.remove(key);
          } else if (made % 500 == 1) {
            cache.clear();
          } else {
            stored += cache.put(key, i * calls + made) ? 1 : 0;
          }
        }
      });
  }
  cache.clear();
  int sum = 0;
  for (const std::atomic<int>& each : told) {
    EXPECT_LE(each, 1);
    sum += each;
  }
  EXPECT_EQ(sum, stored);
  for (const removal_cause cause : {removal_cause::replaced, removal_cause::removed, removal_cause::cleared})
    EXPECT_GT(causes[static_cast<std::size_t>(cause)], 0);
}

}  // namespace
