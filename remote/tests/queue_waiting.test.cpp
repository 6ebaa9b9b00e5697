// SPDX-License-Identifier: MIT
// remote::queue: waits end, and what is pushed meanwhile is handed over to those who wait.
#include <atomic>
#include <chrono>
#include <iterator>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <time.h>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

#include "support/proxy.hpp"
#include "support/raw_client.hpp"
#include "support/server.hpp"
#include "support/two_connections.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::conqueue_status;
using plait::remote::connection;
using plait::remote::queue;

// A beat would wake them too, after a third of a lease.
struct waiting : support::two_connections {
  connection calm{server.url(), {.lease = 18s}};
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  ~waiting() override { EXPECT_LT(std::chrono::steady_clock::now() - began, 5s); }
};

TEST_F(waiting, for_an_item_ends_when_another_process_pushes_one) {
  queue<int> in(here, "n"), out(calm, "n");
  std::jthread pops([&] { EXPECT_EQ(out.pop(), 7); });
  std::this_thread::sleep_for(20ms);
  in.push(7);
}

TEST_F(waiting, for_items_ends_with_as_many_as_are_wanted) {
  queue<int> in(here, "n"), out(calm, "n");
  std::jthread pops([&] {
    std::vector<int> got;
    EXPECT_EQ(out.pop_n(std::back_inserter(got), 2), 2u);
    EXPECT_EQ(got, (std::vector{1, 2}));
    EXPECT_EQ(out.pop(), 3);
  });
  std::this_thread::sleep_for(20ms);
  const std::vector<int> three{1, 2, 3};
  in.push_n(three.begin(), 3);
}

TEST_F(waiting, of_several_ends_with_an_item_each_in_the_order_in_which_they_came) {
  queue<int> in(here, "n"), first(calm, "n"), second(there, "n");
  std::jthread pops([&] { EXPECT_EQ(first.pop(), 1); });
  std::this_thread::sleep_for(50ms);
  std::jthread pops_too([&] { EXPECT_EQ(second.pop(), 2); });
  std::this_thread::sleep_for(50ms);
  in.push(1);
  in.push(2);
}

TEST_F(waiting, of_two_threads_of_one_object_ends_with_an_item_each) {
  queue<int> in(here, "n"), out(calm, "n");
  std::atomic<int> sum{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { sum += out.pop().value(); });
  std::this_thread::sleep_for(20ms);
  in.push(1);
  in.push(2);
  threads.clear();
  EXPECT_EQ(sum, 3);
}

TEST_F(waiting, for_an_item_that_is_too_large_for_a_message) {
  queue<std::string> in(here, "n"), out(calm, "n");
  const std::string large(100'000, 'x');
  std::jthread pops([&] { EXPECT_EQ(out.pop(), large); });
  std::this_thread::sleep_for(20ms);
  in.push(large);
}

TEST_F(waiting, for_room_ends_when_another_process_pops) {
  queue<int> in(calm, "n", {.capacity = 1}), out(there, "n", {.capacity = 1});
  in.push(1);
  std::jthread pushes([&] { EXPECT_TRUE(in.push(2)); });
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(out.pop(), 1);
  pushes.join();
  EXPECT_EQ(out.pop(), 2);
}

TEST_F(waiting, for_all_to_be_done_ends_when_another_process_says_so) {
  queue<int> in(calm, "n"), out(there, "n");
  in.push(1);
  std::jthread joins([&] { in.join(); });
  EXPECT_EQ(out.pop(), 1);
  std::this_thread::sleep_for(20ms);
  out.task_done();
}

TEST_F(waiting, that_a_stop_request_ends_takes_nothing_along) {
  queue<int> in(here, "n"), out(there, "n");
  std::stop_source stop;
  std::jthread pops([&] { EXPECT_EQ(out.pop(stop.get_token()), std::nullopt); });
  std::this_thread::sleep_for(20ms);
  stop.request_stop();
  pops.join();
  in.push(1);
  EXPECT_EQ(in.pop(), 1);
}

// What the other threads use of the processors while this one uses 200 ms: who shares them gets as much less.
std::chrono::nanoseconds processor_time_of_others() {
  const auto used = [](clockid_t by) {
    timespec time{};
    ::clock_gettime(by, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto mine = used(CLOCK_THREAD_CPUTIME_ID), all = used(CLOCK_PROCESS_CPUTIME_ID);
  while (used(CLOCK_THREAD_CPUTIME_ID) - mine < 200ms) {
  }
  return used(CLOCK_PROCESS_CPUTIME_ID) - all - (used(CLOCK_THREAD_CPUTIME_ID) - mine);
}

// The server tells the caller to call, leaves the call unanswered, and ends the connection for messages, which
// the caller hears only afterwards.
TEST(a_caller_who_waits, leaves_the_thread_asleep_if_the_connection_for_messages_breaks_meanwhile) {
  const watchdog limit("a connection for messages that breaks");
  const support::server server;
  const connection there(server.url(), {.lease = 300s});
  queue<int> items(there, "n");
  std::jthread pops([&] { EXPECT_EQ(items.pop(), 1); });
  support::raw_client client(server.socket());
  const std::string channel =
      client.call({"EVAL", "return redis.call('PUBSUB', 'CHANNELS', 'plait:wake:*')[1]", "0"});
  const std::string waiting = "return tostring(redis.call('ZCARD', '{n}:items'))";
  while (client.call({"EVAL", waiting, "0"}) != "1") std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);  // by then the caller listens; if not, nothing is shown
  client.append({"PUBLISH", channel, "0"});
  client.append({"CLIENT", "PAUSE", "60000", "WRITE"});
  (void)client.receive();
  (void)client.receive();
  while (client.call({"INFO", "clients"}).find("blocked_clients:1") == std::string::npos)
    std::this_thread::sleep_for(1ms);
  client.call({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_LT(processor_time_of_others(), 10ms);
  client.call({"CLIENT", "UNPAUSE"});
  items.push(1);
}

struct handing_over : support::two_connections {
  // Once somebody waits behind `between`: the item is handed over to him in a message that does not arrive.
  static void push_and_lose_the_message(queue<int>& in, int item, support::proxy& between) {
    std::this_thread::sleep_for(50ms);
    between.hold(true);
    std::this_thread::sleep_for(50ms);
    in.push(item);
    between.cut_now();
    std::this_thread::sleep_for(50ms);
    between.hold(false);
  }
};

TEST_F(handing_over, ends_with_the_deadline_of_who_waits) {
  queue<int> in(here, "n"), gone(there, "n");
  EXPECT_EQ(gone.try_pop_for(20ms).error(), conqueue_status::empty);
  in.push(1);
  auto got = in.try_pop_leased();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->token(), 1u);  // it was handed to nobody before
}

// The server counts a connection that is held up among those that listen, and hands the item over to it.
TEST_F(handing_over, what_is_lost_with_its_message_is_asked_for) {
  support::proxy between(server.socket());
  const connection cut(between.url(), {.lease = 300s});
  queue<int> in(here, "n"), out(cut, "n");
  std::jthread pops([&] {
    auto got = out.try_pop_leased_for(10s);
    ASSERT_TRUE(got);
    EXPECT_EQ(**got, 1);
    EXPECT_EQ(got->deliveries(), 1u);
    EXPECT_TRUE(got->done_for_sure());
  });
  push_and_lose_the_message(in, 1, between);
  pops.join();
  EXPECT_EQ(in.unfinished_tasks(), 0u);
  EXPECT_EQ(out.lost_leases(), 0u);
}

// The call that asks for the lost item takes as many fewer: so the next one is for the caller who is left.
TEST_F(handing_over, goes_on_to_another_caller_of_an_object_after_a_message_was_lost) {
  support::proxy between(server.socket());
  const connection cut(between.url(), {.lease = 300s});
  queue<int> in(here, "n"), out(cut, "n");
  std::atomic<int> sum{0};
  const auto pop = [&] {
    auto got = out.try_pop_leased_for(10s);
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->done_for_sure());
    sum += **got;
  };
  std::jthread pops(pop), pops_too(pop);
  push_and_lose_the_message(in, 1, between);
  while (sum != 1) std::this_thread::sleep_for(1ms);
  in.push(2);
  pops.join();
  pops_too.join();
  EXPECT_EQ(sum, 3);
}

TEST_F(handing_over, leaves_out_a_session_whose_lease_has_ended_until_it_is_heard_of) {
  support::proxy between(server.socket());
  const connection slow(between.url(), {.call_timeout = 60s, .lease = 2s}), beats(server.url(), {.lease = 3s});
  queue<int> in(beats, "n"), out(slow, "n");
  std::jthread pops([&] { EXPECT_EQ(out.pop(), 2); });
  std::this_thread::sleep_for(100ms);
  between.hold(true);
  support::raw_client client(server.socket());
  const auto leases = [&] {
    return client.call({"EVAL", "return tostring(redis.call('ZCARD', KEYS[1]))", "1", "{n}:leases"});
  };
  while (leases() != "1") std::this_thread::sleep_for(20ms);
  in.push(1);
  EXPECT_EQ(in.try_pop(), 1);
  between.hold(false);
  in.push(2);
}

}  // namespace
