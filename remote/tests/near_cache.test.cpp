// SPDX-License-Identifier: MIT
// remote::near_cache: what its table promises, also while entries change, expire, and the connection breaks.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/near_cache.hpp>

#include "support/effort.hpp"
#include "support/proxy.hpp"
#include "support/raw_client.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using clock_type = std::chrono::steady_clock;
using prices = plait::remote::near_cache<std::string, std::int64_t>;
using number = std::optional<std::int64_t>;

struct near_cache : testing::Test {
  const watchdog limit{"a test of remote::near_cache", 300s};
  support::server server;
  connection here{server.url()}, there{server.url()};
};

// Until it is what is expected, for which only the server's word can be the cause: there is no other limit.
void await(prices& from, const std::string& key, number expected) {
  const clock_type::time_point end = clock_type::now() + 30s;
  for (; from.get(key) != expected; std::this_thread::sleep_for(50us))
    ASSERT_LT(clock_type::now(), end) << "it keeps what has changed";
}

TEST_F(near_cache, gives_what_was_put_here_or_there) {
  prices mine(here, "prices", {.capacity = 100}), theirs(there, "prices", {.capacity = 100});
  EXPECT_EQ(mine.get("tea"), std::nullopt);
  theirs.put("tea", 3);
  await(mine, "tea", 3);
  mine.put("tea", 4);
  EXPECT_EQ(mine.get("tea"), 4);
  EXPECT_TRUE(mine.remove("tea"));
  EXPECT_FALSE(mine.remove("tea"));
  EXPECT_EQ(mine.get("tea"), std::nullopt);
  await(theirs, "tea", std::nullopt);
}

TEST_F(near_cache, asks_once_for_what_does_not_change) {
  prices mine(here, "prices", {.capacity = 100, .max_stale = 1h});
  mine.put("tea", 3);
  for (int i = 0; i < 100; ++i) {
    // The put's own notice may come between the first two.
    ASSERT_EQ(mine.get("tea"), 3);
    ASSERT_EQ(mine.get("coffee"), std::nullopt);
  }
  EXPECT_LE(mine.statistics().misses, 3u);
  EXPECT_GE(mine.statistics().hits, 197u);
}

TEST_F(near_cache, hears_of_changes_that_the_servers_own_commands_make) {
  prices mine(here, "prices", {.capacity = 100, .max_stale = 1h});
  support::raw_client client(server.socket());
  mine.put("tea", 3);
  EXPECT_EQ(mine.get("tea"), 3);
  client.call({"DEL", "{prices}:e:tea"});
  await(mine, "tea", std::nullopt);
}

TEST_F(near_cache, two_of_one_name_share_a_connection) {
  prices first(here, "prices", {.capacity = 100, .max_stale = 1h}), second(here, "prices", {.capacity = 9});
  plait::remote::near_cache<int, std::string> names(here, "names", {.capacity = 9});
  first.put("tea", 3);
  EXPECT_EQ(second.get("tea"), 3);
  first.put("tea", 4);
  await(second, "tea", 4);
  names.put(7, "seven");
  EXPECT_EQ(names.get(7), "seven");
  await(first, "tea", 4);
}

TEST_F(near_cache, never_gives_what_has_expired) {
  prices mine(here, "prices", {.capacity = 100, .time_to_live = 40ms, .max_stale = 1h});
  for (int i = 0; i < 5; ++i) {
    mine.put("tea", i);
    const clock_type::time_point end = clock_type::now() + 50ms;  // the server counts in milliseconds
    for (clock_type::time_point asked = clock_type::now(); asked < end; asked = clock_type::now()) {
      const number found = mine.get("tea");
      ASSERT_TRUE(!found || found == i);
    }
    ASSERT_EQ(mine.get("tea"), std::nullopt);
  }
  mine.put("coffee", 1, plait::never_expires);
  mine.put("tea", 1, 0ms);
  EXPECT_EQ(mine.get("coffee"), 1);
  EXPECT_EQ(mine.get("tea"), std::nullopt);
}

TEST_F(near_cache, refuses_options_that_mean_nothing) {
  EXPECT_THROW(prices(here, "prices", {.capacity = 0}), std::invalid_argument);
  EXPECT_THROW(prices(here, "prices", {.capacity = 1, .max_stale = 9ms}), std::invalid_argument);
  EXPECT_THROW(prices(here, "{prices}", {.capacity = 1}), std::invalid_argument);
}

TEST(a_server_that_does_not_permit_tracking, refuses_the_near_cache_alone) {
  const support::server one;
  support::raw_client(one.socket()).call({"ACL", "SETUSER", "default", "-client|tracking"});
  const connection here(one.url());
  EXPECT_THROW(prices(here, "prices", {.capacity = 1}), plait::remote::error);
  EXPECT_TRUE(here.is_connected());
}

TEST_F(near_cache, says_that_a_value_is_of_another_type) {
  prices mine(here, "prices", {.capacity = 100});
  plait::remote::near_cache<std::string, std::string> other(there, "prices", {.capacity = 100});
  other.put("tea", "three");
  EXPECT_THROW((void)mine.get("tea"), plait::remote::error);
}

// What this process has put, it gets: also while other threads fetch what was there before.
TEST_F(near_cache, own_puts_are_seen_at_once) {
  prices mine(here, "prices", {.capacity = 100, .max_stale = 1h});
  std::atomic<bool> ends{false};
  std::jthread reader([&] {
    while (!ends) (void)mine.get("tea");
  });
  for (int i = 0; i < 500; ++i) {
    mine.put("tea", i);
    ASSERT_EQ(mine.get("tea"), i);
  }
  ends = true;
}

// Between the server's answer and its being kept, the server may say that it has changed.
TEST_F(near_cache, a_copy_that_has_changed_while_it_was_fetched_is_not_kept) {
  prices mine(here, "prices", {.capacity = 100, .max_stale = 1h}), theirs(there, "prices", {.capacity = 1});
  std::atomic<std::int64_t> wanted{0};  // what the reader gets for ever if it kept something else
  std::atomic<bool> ends{false};
  std::jthread writer([&] {
    for (std::int64_t i = 1; !ends; ++i) {
      for (int each = 0; each < 4; ++each) theirs.put("tea", 4 * i + each);
      wanted = 4 * i + 3;
      while (wanted != 0 && !ends) std::this_thread::yield();
    }
  });
  for (unsigned i = 0; i < support::effort("RACES", 1'000) && !HasFatalFailure(); ++i) {
    std::int64_t last = 0;
    for (; (last = wanted) == 0; std::this_thread::yield()) (void)mine.get("tea");
    await(mine, "tea", last);
    wanted = 0;
  }
  ends = true;
}

TEST_F(near_cache, no_get_is_staler_than_it_says) {
  constexpr auto max_stale = 30ms;
  support::proxy between(server.socket());
  const connection cut(between.url());
  prices mine(cut, "prices", {.capacity = 100, .max_stale = max_stale}),
      theirs(there, "prices", {.capacity = 1});
  const unsigned reads = support::effort("RACES", 1'000);
  // Number i was replaced, for all who looked, at returned[i + 1]. 0: not yet.
  std::vector<std::atomic<clock_type::rep>> returned(1'000'000);
  std::atomic<std::size_t> last{0};
  theirs.put("tea", 0);
  const std::jthread writer([&](const std::stop_token& stop) {
    for (std::size_t i = 1; i < returned.size() && !stop.stop_requested(); ++i) {
      theirs.put("tea", static_cast<std::int64_t>(i));
      returned[i] = clock_type::now().time_since_epoch().count();
      last = i;
      std::this_thread::sleep_for(100us);
    }
  });
  const std::jthread trouble([&](const std::stop_token& stop) {
    std::minstd_rand random(7);
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
      between.hold(true);
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 90));
      if (random() % 8 == 0) between.cut_now();
      between.hold(false);
    }
  });
  // On a busy machine there is a change between nearly any two reads, and few of them find a copy.
  for (unsigned i = 0; i < reads || mine.statistics().hits <= reads / 10; ++i) {
    const clock_type::time_point asked = clock_type::now();
    const number got = mine.get("tea");
    ASSERT_TRUE(got);
    const clock_type::time_point replaced{
        clock_type::duration(returned[static_cast<std::size_t>(*got) + 1].load())};
    ASSERT_TRUE(replaced == clock_type::time_point() || replaced >= asked - max_stale)
        << "read " << i << ": " << *got << " was replaced "
        << std::chrono::duration<double, std::milli>(asked - replaced).count() << " ms before it was asked for";
    std::this_thread::sleep_for(20us);
  }
}

TEST_F(near_cache, what_changed_while_the_connection_was_broken_is_forgotten) {
  support::proxy between(server.socket());
  const connection cut(between.url());
  prices mine(cut, "prices", {.capacity = 100, .max_stale = 1h}), theirs(there, "prices", {.capacity = 1});
  for (std::int64_t i = 1; i <= 5; ++i) {
    await(mine, "tea", i == 1 ? number() : number(i - 1));
    const std::uint64_t before = cut.reconnections();
    between.hold(true);
    between.cut_now();
    theirs.put("tea", i);
    between.hold(false);
    while (cut.reconnections() == before) std::this_thread::sleep_for(1ms);
    const std::uint64_t hits = mine.statistics().hits;
    while (mine.statistics().hits < hits + 2) ASSERT_EQ(mine.get("tea"), i);
  }
}

}  // namespace
