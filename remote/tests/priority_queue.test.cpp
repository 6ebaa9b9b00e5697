// SPDX-License-Identifier: MIT
// remote::priority_queue: its order, and what its script does in its own way. All else it shares with
// remote::queue.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/conqueue_status.hpp>
#include <plait/prioritized.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/priority_queue.hpp>
#include <plait/remote/queue.hpp>

#include "support/cuts.hpp"
#include "support/proxy.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::conqueue_status;
using plait::prioritized;
using plait::remote::connection;
using plait::remote::errc;
using plait::remote::priority_queue;
using support::proxy;
using task = prioritized<std::int64_t, std::string>;

// A beat, which would hide a lost message, comes after a hundred seconds.
struct remote_priority_queue : testing::Test {
  const watchdog limit{"a test of remote::priority_queue", 90s};
  support::server server;
  connection here{server.url(), {.lease = 300s}}, there{server.url(), {.lease = 300s}};
};

TEST_F(remote_priority_queue, gives_the_smallest_first_and_equals_in_the_order_of_their_pushes) {
  priority_queue<task> in(here, "tasks"), out(there, "tasks");
  std::vector<task> tasks;
  std::minstd_rand random(1);
  for (int i = 0; i < 3000; ++i)
    tasks.push_back({static_cast<std::int64_t>(random() % 7) - 3, std::to_string(i)});
  for (std::size_t i = 0; i < 10; ++i) in.push(tasks[i]);
  ASSERT_EQ(in.push_n(tasks.begin() + 10, tasks.size() - 10), tasks.size() - 10);
  std::ranges::sort(tasks, {}, [](const task& one) { return std::pair(one.priority, std::stoi(one.value)); });
  std::vector<task> got;
  while (got.size() < tasks.size()) ASSERT_GT(out.try_pop_n(std::back_inserter(got), 700), 0u);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    ASSERT_EQ(got[i].priority, tasks[i].priority) << i;
    ASSERT_EQ(got[i].value, tasks[i].value) << i;
  }
}

TEST_F(remote_priority_queue, is_exact_for_priorities_of_64_bits) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(),
                         least = std::numeric_limits<std::int64_t>::min();
  priority_queue<std::int64_t> integers(here, "signed");
  const std::vector<std::int64_t> in_order{least, least + 1, -(1LL << 53) - 1, -(1LL << 53), -1,  0,
                                           1,     1LL << 53, (1LL << 53) + 1,  most - 1,     most};
  for (auto one = in_order.rbegin(); one != in_order.rend(); ++one) integers.push(*one);
  for (const std::int64_t one : in_order) EXPECT_EQ(integers.try_pop(), one);
  priority_queue<std::uint64_t> naturals(here, "unsigned");
  naturals.push(std::numeric_limits<std::uint64_t>::max());
  naturals.push(std::uint64_t{1} << 63);
  naturals.push(0);
  EXPECT_EQ(naturals.try_pop(), 0u);
  EXPECT_EQ(naturals.try_pop(), std::uint64_t{1} << 63);
  EXPECT_EQ(naturals.try_pop(), std::numeric_limits<std::uint64_t>::max());
}

TEST_F(remote_priority_queue, an_item_that_comes_again_is_where_it_was_and_counts_its_deliveries) {
  priority_queue<task> in(here, "tasks"), out(there, "tasks");
  in.push({2, "first"});
  in.push({2, "second"});
  auto first = out.pop_leased();
  ASSERT_EQ((*first)->value, "first");
  in.push({1, "urgent"});
  first->give_back();
  auto urgent = out.pop_leased(), again = out.pop_leased();
  EXPECT_EQ((*urgent)->value, "urgent");
  EXPECT_EQ(urgent->deliveries(), 1u);
  EXPECT_EQ((*again)->value, "first");
  EXPECT_EQ(again->deliveries(), 2u);
  EXPECT_GT(again->token(), urgent->token());
  EXPECT_TRUE(again->done_for_sure());
  EXPECT_TRUE(urgent->done_for_sure());
  std::vector<task> rest;
  EXPECT_EQ(out.try_pop_n(std::back_inserter(rest), 5), 1u);
  EXPECT_EQ(rest.at(0).value, "second");
}

TEST_F(remote_priority_queue, what_a_worker_had_comes_back_when_it_leaves) {
  priority_queue<int> in(here, "n");
  for (const int i : {3, 1, 2, 4}) in.push(i);
  {
    priority_queue<int> out(there, "n");
    std::vector<int> got;
    EXPECT_EQ(out.pop_n(std::back_inserter(got), 3), 3u);
    EXPECT_EQ(got, (std::vector{1, 2, 3}));
    out.task_done();
  }
  EXPECT_EQ(in.size(), 3u);
  for (const int i : {2, 3, 4}) EXPECT_EQ(in.try_pop(), i);
}

TEST_F(remote_priority_queue, has_an_exact_capacity_and_closes_as_the_queue) {
  priority_queue<int> in(here, "n", {.capacity = 2}), out(there, "n", {.capacity = 2});
  EXPECT_EQ(in.try_push(2), conqueue_status::success);
  EXPECT_EQ(in.try_push(2), conqueue_status::success);
  EXPECT_EQ(in.try_push(1), conqueue_status::full);
  std::jthread pushes([&] { EXPECT_EQ(in.try_push_for(1, 60s), conqueue_status::success); });
  EXPECT_EQ(out.pop(), 2);
  pushes.join();
  EXPECT_EQ(out.pop(), 1);
  in.close();
  EXPECT_EQ(in.try_push(1), conqueue_status::closed);
  EXPECT_EQ(out.pop(), 2);
  EXPECT_EQ(out.pop(), std::nullopt);
  for (int i = 0; i < 3; ++i) out.task_done();
  in.join();
}

TEST_F(remote_priority_queue, a_push_wakes_a_pop_in_another_process) {
  priority_queue<int> in(here, "n"), out(there, "n");
  const auto before = there.calls();
  std::jthread pops([&] { EXPECT_EQ(out.try_pop_for(60s), 7); });
  while (there.calls() == before) std::this_thread::sleep_for(1ms);
  in.push(7);
}

TEST_F(remote_priority_queue, buries_what_comes_too_often_and_what_cannot_be_decoded) {
  priority_queue<task> words(here, "n", {.delivery_limit = 2});
  priority_queue<prioritized<std::int8_t, std::string>> small(there, "n", {.delivery_limit = 2});
  words.push({300, "too large for it"});
  EXPECT_EQ(small.try_pop().error(), conqueue_status::empty);
  words.push({1, "twice"});
  for (int i = 0; i < 2; ++i) words.pop_leased()->give_back();
  EXPECT_EQ(words.try_pop().error(), conqueue_status::empty);
  words.join();
}

TEST_F(remote_priority_queue, that_is_a_queue_is_refused) {
  const plait::remote::queue<int> queue(here, "n");
  try {
    const priority_queue<int> wrong(there, "n");
    FAIL() << "no error";
  } catch (const plait::remote::error& reason) {
    EXPECT_EQ(reason.code(), errc::wrong_type) << reason.what();
  }
}

TEST(a_cut_at_any_byte_of_a_priority_queue, neither_loses_nor_doubles_nor_reorders) {
  const watchdog limit("cuts of a priority queue", 300s);
  const support::server server;
  proxy between(server.socket());
  const connection cut(between.url());
  priority_queue<std::int64_t> items(cut, "n", {.capacity = 1000});
  int rounds = 0;
  const auto round = [&] {
    ++rounds;
    const std::vector<std::int64_t> batch{rounds + 1, rounds};
    ASSERT_EQ(items.push_n(batch.begin(), 2), 2u);
    auto first = items.try_pop_leased_for(60s);
    ASSERT_TRUE(first);
    ASSERT_EQ(**first, rounds);
    first->give_back();
    std::vector<std::int64_t> got;
    ASSERT_EQ(items.pop_n(std::back_inserter(got), 9), 2u);
    ASSERT_EQ(got, (std::vector<std::int64_t>{rounds, rounds + 1}));
    items.task_done();
    items.task_done();
    ASSERT_EQ(items.unfinished_tasks(), 0u);
    ASSERT_EQ(items.size(), 0u);
  };
  ASSERT_NO_FATAL_FAILURE(support::cut_at_any_byte(between, 100, round));
  EXPECT_EQ(items.lost_leases(), 0u);
}

}  // namespace
