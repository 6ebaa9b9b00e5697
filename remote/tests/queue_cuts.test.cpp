// SPDX-License-Identifier: MIT
// remote::queue over a connection that is cut: at every byte in both directions, and at random while others
// wait.
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

#include "support/cuts.hpp"
#include "support/effort.hpp"
#include "support/proxy.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::queue;
using support::proxy;

TEST(a_cut_at_any_byte_of_a_queue, neither_loses_nor_doubles_nor_reorders) {
  const watchdog limit("cuts of a queue", 110s);
  const support::server server;
  proxy between(server.socket());
  const connection cut(between.url());
  queue<std::int64_t> items(cut, "n", {.capacity = 1000});
  std::int64_t next = 0;
  const auto round = [&] {
    const std::vector<std::int64_t> batch{next, next + 1};
    ASSERT_EQ(items.push_n(batch.begin(), 2), 2u);
    ASSERT_EQ(items.try_pop_for(1s), next);
    ASSERT_TRUE(items.push(next + 2));
    auto leased = items.try_pop_leased_for(1s);
    ASSERT_TRUE(leased);
    ASSERT_EQ(**leased, next + 1);
    ASSERT_EQ(leased->deliveries(), 1u);
    items.task_done();
    ASSERT_TRUE(leased->done_for_sure());
    ASSERT_EQ(items.try_pop_for(1s), next + 2);
    items.task_done();
    ASSERT_EQ(items.unfinished_tasks(), 0u);
    ASSERT_EQ(items.size(), 0u);
    next += 3;
  };
  ASSERT_NO_FATAL_FAILURE(support::cut_at_any_byte(between, 300, round));
  EXPECT_EQ(items.lost_leases(), 0u);
}

// The way of the wake-ups is cut as well. PLAIT_REMOTE_CUTS: how often.
TEST(cuts_at_random, wake_everybody_who_waits_and_lose_nothing) {
  const unsigned cuts = support::effort("CUTS", 300);
  const watchdog limit("random cuts", 110s + cuts / 10 * 1s);
  const support::server server;
  proxy left(server.socket()), right(server.socket());
  const connection producing(left.url()), consuming(right.url());
  queue<int> in(producing, "n", {.capacity = 4}), out(consuming, "n", {.capacity = 4});
  std::jthread produces([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) ASSERT_TRUE(in.push(i));
    in.close();
  });
  std::jthread cuts_ways([&] {
    std::minstd_rand random(1);
    for (unsigned i = 0; i < cuts; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 8000));
      (random() % 2 == 0 ? left : right).cut_now();
    }
    produces.request_stop();
  });
  int expected = 0;
  for (; const auto item = out.pop(); ++expected) {
    ASSERT_EQ(*item, expected);
    out.task_done();
  }
  EXPECT_GT(expected, 0);
  EXPECT_EQ(out.unfinished_tasks(), 0u);
  EXPECT_EQ(out.lost_leases(), 0u);
  EXPECT_GE(producing.reconnections() + consuming.reconnections(), 10u);
}

}  // namespace
