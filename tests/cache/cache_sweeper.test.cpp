// SPDX-License-Identifier: MIT
// cache_sweeper: what has expired leaves although nobody uses the cache, whoever has to be woken for that; and
// a stop ends it at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <limits>
#include <map>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include <plait/cache_sweeper.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/timer_wheel.hpp>
#include <plait/expiring_cache.hpp>

#include "support/monitor_tests.hpp"

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

// Told when key `awaited` has expired.
class expiry_of {
 public:
  expiry_of(cache_type& cache, int awaited) {
    cache.on_removal([this, awaited](int key, int, plait::removal_cause cause) {
      if (key == awaited && cause == plait::removal_cause::expired) done_.count_down();
    });
  }
  void wait() { done_.wait(); }

 private:
  std::latch done_{1};
};

// Without a way to be woken it would sleep for ever here.
TEST(cache_sweeper, is_woken_by_the_first_that_can_expire) {
  cache_type cache({.capacity = 100});
  expiry_of one(cache, 1);
  std::jthread sweeper(plait::cache_sweeper(cache, 1ms));
  std::this_thread::sleep_for(20ms);  // it sleeps now, or soon: what follows holds either way
  cache.put(1, 1, 5ms);
  one.wait();
}

TEST(cache_sweeper, is_woken_by_one_that_ends_sooner) {
  cache_type cache({.capacity = 10'000});
  expiry_of one(cache, 1);
  for (int i = 10; i != 5000; ++i) cache.put(i, i, 24h);
  std::jthread sweeper(plait::cache_sweeper(cache, 1ms));
  std::this_thread::sleep_for(20ms);
  cache.put(1, 1, 24h);
  cache.set_time_to_live(1, 5ms);
  one.wait();
  EXPECT_EQ(cache.size(), 4990u);
}

// The system's clock, whose readings are counted.
struct counting_clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<counting_clock, duration>;
  static time_point now() {
    ++readings;
    return time_point(std::chrono::steady_clock::now().time_since_epoch());
  }
  inline static std::atomic<int> readings = 0;
};

TEST(cache_sweeper, sleeps_while_nothing_ends) {
  plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, counting_clock> cache(
      {.capacity = 100});
  cache.put(1, 1, 24h);
  const int before = counting_clock::readings;
  std::jthread sweeper(plait::cache_sweeper(cache, 1ms));
  std::this_thread::sleep_for(200ms);
  EXPECT_LE(counting_clock::readings - before, 20) << "and not once in each interval";
}

// What a sweeper sleeps until is never later than the next end, and it gets there in a few steps.
TEST(timer_wheel, says_when_it_has_something_to_do) {
  using plait::detail::cache_tick;
  monitor_tests::dice dice(3);
  plait::detail::timer_wheel wheel;
  EXPECT_EQ(wheel.next_due(), plait::detail::entry_stamp::never);
  std::map<plait::detail::entry_number, cache_tick> deadlines;
  cache_tick now = 0;
  for (plait::detail::entry_number entry = 0; entry != 500; ++entry) {
    const cache_tick deadline = 1 + (cache_tick{dice.below(1 << 30)} >> dice.below(28)) * 512;
    wheel.make_room(entry);
    wheel.add(entry, deadline);
    deadlines[entry] = deadline;
  }
  int steps = 0;
  while (!deadlines.empty()) {
    const cache_tick due = wheel.next_due();
    cache_tick first = plait::detail::entry_stamp::never;
    for (const auto& [entry, deadline] : deadlines) first = std::min(first, deadline);
    ASSERT_GT(due, now);
    ASSERT_LE(due, first);
    now = due;
    ++steps;
    wheel.advance(
        now, 1000, [&](auto entry) { return deadlines.at(entry); },
        [&](auto entry) {
          EXPECT_EQ(deadlines.at(entry), now);
          deadlines.erase(entry);
        });
  }
  EXPECT_LE(steps, 500 * 7);
  EXPECT_EQ(wheel.next_due(), plait::detail::entry_stamp::never);
}

// Entries come, leave, get other deadlines before and after the old ones, and numbers become those of others:
// each that is there expires in its tick, and nothing else does.
TEST(timer_wheel, expires_what_is_there_when_its_time_comes) {
  using plait::detail::cache_tick;
  constexpr std::uint32_t numbers = 60;
  monitor_tests::dice dice(5);
  plait::detail::timer_wheel wheel;
  std::map<plait::detail::entry_number, cache_tick> deadlines;
  const auto deadline_of = [&](auto entry) {
    const auto at = deadlines.find(entry);
    return at == deadlines.end() ? plait::detail::entry_stamp::never : at->second;
  };
  cache_tick now = 0;
  int expired = 0, sooner = 0, gone = 0;
  for (std::size_t i = 0; i != monitor_tests::scaled(100'000) && !HasFailure(); ++i) {
    const auto entry = static_cast<plait::detail::entry_number>(dice.below(numbers));
    if (dice.one_in(3)) {
      gone += static_cast<int>(deadlines.erase(entry));
    } else {
      const cache_tick deadline = now + 1 + (dice.below(1 << 20) >> dice.below(20));
      sooner += deadline < deadline_of(entry) && deadlines.contains(entry) ? 1 : 0;
      deadlines[entry] = deadline;
      wheel.make_room(entry);
      wheel.add(entry, deadline);
    }
    if (dice.one_in(2)) now += dice.below(1 << 14) >> dice.below(14);
    wheel.advance(now, numbers * numbers, deadline_of, [&](auto each) {
      ++expired;
      EXPECT_LE(deadline_of(each), now);
      deadlines.erase(each);
    });
    for (const auto& [each, deadline] : deadlines) {
      ASSERT_GT(deadline, now) << each;
      ASSERT_LE(wheel.next_due(), deadline);
    }
  }
  EXPECT_GT(std::min({expired, sooner, gone}), 100);
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
  EXPECT_THROW(
      plait::cache_sweeper(cache, std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
      std::invalid_argument);
}

// One too long to count in nanoseconds once became a negative one.
TEST(cache_sweeper, an_interval_of_any_length_is_taken) {
  cache_type cache({.capacity = 100});
  EXPECT_NO_THROW(plait::cache_sweeper(cache, std::chrono::hours::max()));
  EXPECT_NO_THROW(
      plait::cache_sweeper(cache, std::chrono::duration<double>(std::numeric_limits<double>::infinity())));
}

}  // namespace
