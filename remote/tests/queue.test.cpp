// SPDX-License-Identifier: MIT
// remote::queue: a test for each row of its header's table; what waits is in queue_waiting.test.cpp.
#include <algorithm>
#include <chrono>
#include <compare>
#include <deque>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/queue.hpp>

#include "support/proxy.hpp"
#include "support/two_connections.hpp"

namespace {

using namespace std::chrono_literals;
using plait::conqueue_status;
using plait::remote::connection;
using plait::remote::delivery;
using plait::remote::errc;
using plait::remote::queue;

struct numbered {
  int producer, i;
  auto operator<=>(const numbered&) const = default;
};

struct remote_queue : support::two_connections {};

TEST_F(remote_queue, hands_items_from_one_process_to_another_in_order) {
  queue<std::string> in(here, "words"), out(there, "words");
  EXPECT_TRUE(in.push("first"));
  EXPECT_TRUE(in.push(std::string("with\0and\r\n", 10)));
  EXPECT_TRUE(in.emplace(3u, 'y'));
  EXPECT_EQ(out.size(), 3u);
  EXPECT_EQ(out.pop(), "first");
  EXPECT_EQ(out.pop(), std::string("with\0and\r\n", 10));
  EXPECT_EQ(out.pop(), "yyy");
  EXPECT_TRUE(out.empty());
}

TEST_F(remote_queue, has_an_exact_capacity) {
  queue<int> in(here, "n", {.capacity = 2}), out(there, "n", {.capacity = 2});
  EXPECT_EQ(in.capacity(), 2u);
  EXPECT_EQ(in.try_push(1), conqueue_status::success);
  EXPECT_EQ(in.try_push(2), conqueue_status::success);
  EXPECT_EQ(in.try_push(3), conqueue_status::full);
  EXPECT_EQ(out.try_pop(), 1);
  EXPECT_EQ(in.try_push(3), conqueue_status::success);
  EXPECT_EQ(in.try_push(4), conqueue_status::full);
  EXPECT_EQ(in.try_push_for(4, 30ms), conqueue_status::full);
}

TEST_F(remote_queue, of_another_capacity_is_refused) {
  const queue<int> first(here, "n", {.capacity = 2});
  try {
    const queue<int> second(there, "n", {.capacity = 3});
    FAIL() << "no error";
  } catch (const plait::remote::error& reason) {
    EXPECT_EQ(reason.code(), errc::wrong_type);
  }
}

TEST_F(remote_queue, says_empty_without_waiting) {
  queue<int> one(here, "n");
  EXPECT_EQ(one.try_pop().error(), conqueue_status::empty);
  EXPECT_EQ(one.try_pop_for(-1s).error(), conqueue_status::empty);
  EXPECT_EQ(one.try_pop_for(20ms).error(), conqueue_status::empty);
}

TEST_F(remote_queue, does_what_need_not_wait_after_the_deadline_and_after_a_stop_request) {
  queue<int> one(here, "n");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(one.push(1, stop.get_token()));
  EXPECT_EQ(one.try_push_for(2, -1s), conqueue_status::success);
  EXPECT_EQ(one.pop(stop.get_token()), 1);
  EXPECT_EQ(one.try_pop_until(std::chrono::system_clock::now() - 1h), 2);
  EXPECT_EQ(one.pop(stop.get_token()), std::nullopt);
}

TEST_F(remote_queue, closing_drains_and_wakes_everybody) {
  queue<int> in(here, "n", {.capacity = 1}), out(there, "n", {.capacity = 1});
  queue<int> idle(there, "other");
  in.push(1);
  std::jthread pushes([&] { EXPECT_FALSE(in.push(2)); });
  std::jthread pops([&] { EXPECT_EQ(idle.pop(), std::nullopt); });
  std::this_thread::sleep_for(20ms);
  out.close();
  queue<int>(here, "other").close();
  pushes.join();
  pops.join();
  EXPECT_TRUE(in.is_closed());
  EXPECT_EQ(in.try_push(3), conqueue_status::closed);
  EXPECT_EQ(out.pop(), 1);
  EXPECT_EQ(out.pop(), std::nullopt);
  EXPECT_EQ(out.try_pop().error(), conqueue_status::closed);
}

TEST_F(remote_queue, close_and_discard_drops_what_is_left_and_ends_join) {
  queue<int> one(here, "n");
  const std::vector<int> values{1, 2, 3};
  EXPECT_EQ(one.push_n(values.begin(), 3), 3u);
  EXPECT_EQ(one.pop(), 1);
  EXPECT_EQ(one.close_and_discard(), 2u);
  EXPECT_EQ(one.unfinished_tasks(), 1u);
  one.task_done();
  one.join();
}

TEST_F(remote_queue, batches_keep_their_order_and_stop_at_the_capacity) {
  queue<int> in(here, "n", {.capacity = 5}), out(there, "n", {.capacity = 5});
  std::vector<int> values(8), got;
  std::iota(values.begin(), values.end(), 1);
  EXPECT_EQ(in.try_push_n(values.begin(), 8), 5u);
  EXPECT_EQ(out.pop_n(std::back_inserter(got), 3), 3u);
  EXPECT_EQ(out.try_pop_n(std::back_inserter(got), 10), 2u);
  EXPECT_EQ(out.try_pop_n(std::back_inserter(got), 10), 0u);
  EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(remote_queue, a_batch_longer_than_a_call_and_than_the_capacity_waits_for_room) {
  queue<int> in(here, "n", {.capacity = 100}), out(there, "n", {.capacity = 100});
  std::vector<int> values(2500), got;
  std::iota(values.begin(), values.end(), 0);
  std::jthread pushes([&] { EXPECT_EQ(in.push_n(values.begin(), values.size()), values.size()); });
  while (got.size() < values.size()) ASSERT_GT(out.pop_n(std::back_inserter(got), 64), 0u);
  EXPECT_EQ(got, values);
}

// The server keeps a batch as it came until fewer are wanted.
TEST_F(remote_queue, batches_can_be_taken_in_any_portions) {
  constexpr std::size_t capacity = 50;
  queue<std::string> items(here, "n", {.capacity = capacity});
  std::deque<std::string> ready, returned;
  std::mt19937 random(11);
  const auto up_to = [&](std::size_t most) { return 1 + random() % most; };
  std::size_t next = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> batch, got, expected;
    for (std::size_t i = up_to(round % 2 == 0 ? 60 : 4); i > 0; --i)
      batch.push_back(std::to_string(next++) + std::string(random() % 40, 'x'));
    const std::size_t accepted = items.try_push_n(batch.begin(), batch.size());
    ASSERT_EQ(accepted, std::min(batch.size(), capacity - ready.size()));
    ready.insert(ready.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(accepted));
    if (round % 3 == 0) {
      auto lease = items.try_pop_leased();
      ASSERT_TRUE(lease);
      auto& from = returned.empty() ? ready : returned;
      ASSERT_EQ(**lease, from.front());
      lease->give_back();
      returned.push_back(from.front());
      from.pop_front();
    }
    const std::size_t most = up_to(round % 4 < 2 ? 45 : 5);
    for (std::size_t i = 0; i < most; ++i) {
      auto& from = returned.empty() ? ready : returned;
      if (from.empty()) break;
      expected.push_back(from.front());
      from.pop_front();
    }
    ASSERT_EQ(items.try_pop_n(std::back_inserter(got), most), expected.size());
    ASSERT_EQ(got, expected);
    for (std::size_t i = 0; i < got.size(); ++i) items.task_done();
  }
  EXPECT_EQ(items.size(), ready.size() + returned.size());
  EXPECT_EQ(items.unfinished_tasks(), items.size());
}

TEST_F(remote_queue, join_waits_for_every_task_done_in_any_process) {
  queue<int> in(here, "n"), out(there, "n");
  in.push(1);
  in.push(2);
  EXPECT_EQ(out.pop(), 1);
  EXPECT_EQ(out.pop(), 2);
  out.task_done();
  EXPECT_FALSE(in.try_join_for(50ms));
  EXPECT_EQ(in.unfinished_tasks(), 1u);
  std::jthread joins([&] { in.join(); });
  std::this_thread::sleep_for(20ms);
  out.task_done();
  joins.join();
  EXPECT_THROW(out.task_done(), std::logic_error);
}

TEST_F(remote_queue, task_done_is_for_the_threads_own_items) {
  queue<int> one(here, "n");
  one.push(1);
  std::jthread([&] { EXPECT_EQ(one.pop(), 1); }).join();
  EXPECT_THROW(one.task_done(), std::logic_error);
}

TEST_F(remote_queue, a_lease_that_is_given_back_comes_again_first) {
  queue<int> in(here, "n"), out(there, "n");
  for (const int i : {1, 2, 3}) in.push(i);
  auto first = out.pop_leased();
  ASSERT_TRUE(first);
  EXPECT_EQ(**first, 1);
  EXPECT_EQ(first->deliveries(), 1u);
  const auto token = first->token();
  first->give_back();
  auto again = out.pop_leased();
  ASSERT_TRUE(again);
  EXPECT_EQ(**again, 1);
  EXPECT_EQ(again->deliveries(), 2u);
  EXPECT_GT(again->token(), token);
  EXPECT_TRUE(again->done_for_sure());
  EXPECT_EQ(in.pop(), 2);
  {
    const auto dropped = out.pop_leased();
  }
  EXPECT_EQ(out.pop(), 3);
}

TEST_F(remote_queue, what_a_queue_had_taken_comes_back_when_it_is_destroyed) {
  queue<int> in(here, "n");
  for (const int i : {1, 2, 3, 4}) in.push(i);
  {
    queue<int> out(there, "n");
    EXPECT_EQ(out.pop(), 1);
    EXPECT_EQ(out.pop(), 2);
    EXPECT_EQ(out.pop(), 3);
    out.task_done();
  }
  EXPECT_EQ(in.pop(), 2);
  EXPECT_EQ(in.pop(), 3);
  EXPECT_EQ(in.pop(), 4);
}

TEST_F(remote_queue, of_a_batch_only_what_is_not_done_comes_back) {
  queue<int> in(here, "n");
  for (const int i : {1, 2, 3, 4}) in.push(i);
  {
    queue<int> out(there, "n");
    std::vector<int> got;
    EXPECT_EQ(out.pop_n(std::back_inserter(got), 4), 4u);
    out.task_done();
    EXPECT_EQ(out.unfinished_tasks(), 3u);  // the question comes after the acknowledgement
    out.task_done();
  }
  EXPECT_EQ(in.pop(), 3);
  EXPECT_EQ(in.pop(), 4);
  EXPECT_FALSE(in.try_pop());
}

TEST_F(remote_queue, an_item_that_comes_too_often_is_buried_and_counts_as_done) {
  queue<int> one(here, "n", {.delivery_limit = 2});
  one.push(13);
  for (int i = 0; i < 2; ++i) one.pop_leased()->give_back();
  EXPECT_EQ(one.try_pop().error(), conqueue_status::empty);
  one.join();
}

TEST_F(remote_queue, what_cannot_be_decoded_is_buried) {
  queue<std::string> words(here, "n");
  queue<int> numbers(there, "n");
  words.push("no number");
  words.push(plait::remote::codec<int>::encode(5));
  words.push(plait::remote::codec<unsigned>::encode(5));
  EXPECT_EQ(numbers.pop(), 5);
  EXPECT_EQ(numbers.try_pop().error(), conqueue_status::empty);
  numbers.task_done();
  words.join();
}

TEST_F(remote_queue, at_most_once_needs_no_task_done) {
  queue<int> one(here, "n", {.deliver = delivery::at_most_once});
  one.push(1);
  EXPECT_EQ(one.pop(), 1);
  one.join();
  EXPECT_THROW((void)one.pop_leased(), std::logic_error);
}

TEST_F(remote_queue, at_most_once_drops_of_a_batch_what_cannot_be_decoded_and_no_more) {
  queue<std::string> words(here, "n", {.deliver = delivery::at_most_once});
  queue<int> numbers(there, "n", {.deliver = delivery::at_most_once});
  words.push(plait::remote::codec<int>::encode(1));
  words.push("no number");
  words.push(plait::remote::codec<int>::encode(2));
  std::vector<int> got;
  EXPECT_THROW((void)numbers.pop_n(std::back_inserter(got), 3), plait::remote::error);
  EXPECT_EQ(got, (std::vector{1, 2}));
}

TEST_F(remote_queue, a_session_that_is_heard_of_keeps_what_it_has) {
  const connection one(server.url(), {.lease = 6s}), other(server.url(), {.lease = 6s});
  queue<int> in(one, "n"), out(other, "n");
  in.push(1);
  auto mine = out.pop_leased();
  ASSERT_TRUE(mine);
  // Each of them is heard of twice meanwhile, and leases that are over end then.
  EXPECT_FALSE(in.try_pop_leased_for(5s));
  EXPECT_FALSE(mine->may_be_lost());
  EXPECT_TRUE(mine->done_for_sure());
}

TEST_F(remote_queue, a_silent_sessions_items_come_again_and_its_acknowledgement_is_too_late) {
  support::proxy between(server.socket());
  const connection slow(between.url(), {.call_timeout = 5s, .lease = 2s}), beats(server.url(), {.lease = 3s});
  queue<int> in(beats, "n"), out(slow, "n");
  in.push(1);
  auto mine = out.pop_leased();
  ASSERT_TRUE(mine);
  EXPECT_FALSE(mine->may_be_lost());
  between.hold(true);
  const auto began = std::chrono::steady_clock::now();
  auto again = in.try_pop_leased_for(8s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->deliveries(), 2u);
  // It was renewed a third of a lease ago, or a little more on a busy machine.
  EXPECT_GE(std::chrono::steady_clock::now() - began, 1s);
  EXPECT_TRUE(mine->may_be_lost());
  between.hold(false);
  EXPECT_FALSE(mine->done_for_sure());
  EXPECT_EQ(out.lost_leases(), 1u);
  EXPECT_TRUE(again->done_for_sure());
  in.join();
}

TEST_F(remote_queue, try_calls_are_busy_while_the_connection_is_broken_and_others_wait) {
  const connection impatient(server.url(), {.call_timeout = 200ms});
  queue<int> one(impatient, "n");
  server.kill();
  while (impatient.is_connected()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(one.try_push(1), conqueue_status::busy);
  EXPECT_EQ(one.try_pop().error(), conqueue_status::busy);
  std::stop_source stop;
  std::jthread pops([&] { EXPECT_EQ(one.pop(stop.get_token()), std::nullopt); });
  stop.request_stop();
}

TEST_F(remote_queue, a_server_that_forgets_is_an_error_and_not_an_empty_queue) {
  queue<int> one(here, "n");
  one.push(1);
  server.kill();
  server.start();
  try {
    (void)one.pop();
    FAIL() << "no error";
  } catch (const plait::remote::error& reason) {
    EXPECT_EQ(reason.code(), errc::state_lost);
  }
}

// Several threads of several connections; each item is popped once, and those of one producer in their order.
TEST_F(remote_queue, many_threads_and_connections_lose_and_double_nothing) {
  constexpr int producers = 3, each = 2000;
  queue<numbered> first(here, "n", {.capacity = 50}), second(there, "n", {.capacity = 50});
  std::vector<std::vector<numbered>> got(3);
  {
    std::vector<std::jthread> consumers;
    for (auto& mine : got)
      consumers.emplace_back([&, from = &mine == got.data() ? &first : &second] {
        while (auto item = from->pop()) {
          mine.push_back(*item);
          from->task_done();
        }
      });
    std::vector<std::jthread> pushers;
    for (int p = 0; p < producers; ++p)
      pushers.emplace_back([&, p, to = p == 0 ? &first : &second] {
        for (int i = 0; i < each; ++i) ASSERT_TRUE(to->push({p, i}));
      });
    for (auto& pusher : pushers) pusher.join();
    first.join();
    first.close();
  }
  std::set<numbered> all;
  for (const auto& mine : got) {
    std::map<int, int> last;
    for (const auto& [producer, i] : mine) {
      EXPECT_TRUE(all.insert({producer, i}).second) << producer << ' ' << i << " twice";
      const auto [before, is_first] = last.emplace(producer, i);
      EXPECT_TRUE(is_first || before->second < i);
      before->second = i;
    }
  }
  EXPECT_EQ(all.size(), std::size_t{producers} * each);
}

}  // namespace
