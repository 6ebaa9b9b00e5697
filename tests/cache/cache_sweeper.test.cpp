// SPDX-License-Identifier: MIT
// cache_sweeper: what has expired leaves although nobody uses the cache, and a stop ends it at once.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include <plait/cache_sweeper.hpp>
#include <plait/expiring_cache.hpp>

namespace {

using namespace std::chrono_literals;
using cache_type = plait::expiring_cache<int, int>;

// Trap: a listener that hears of an end only when somebody uses the cache.
TEST(cache_sweeper, tells_of_an_end_without_any_traffic) {
  cache_type cache({.capacity = 100, .time_to_live = 5ms});
  std::atomic<int> told = 0;
  cache.on_removal([&](int, int, plait::removal_cause cause) {
    told += cause == plait::removal_cause::expired ? 1 : 0;
    told.notify_all();
  });
  for (int i = 0; i != 3; ++i) cache.put(i, i);
  std::jthread sweeper(plait::cache_sweeper(cache, 2ms));
  for (int seen = told; seen != 3; seen = told) told.wait(seen);
  EXPECT_EQ(cache.statistics().expirations, 3u);
}

TEST(cache_sweeper, a_stop_ends_it_at_once) {
  cache_type cache({.capacity = 100});
  const auto begin = std::chrono::steady_clock::now();
  {
    std::jthread sweeper(plait::cache_sweeper(cache, 1h));
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10min);
}

TEST(cache_sweeper, an_interval_of_nothing_is_refused) {
  cache_type cache({.capacity = 100});
  EXPECT_THROW(plait::cache_sweeper(cache, 0s), std::invalid_argument);
  EXPECT_THROW(plait::cache_sweeper(cache, -1s), std::invalid_argument);
}

}  // namespace
