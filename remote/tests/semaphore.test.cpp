// SPDX-License-Identifier: MIT
// remote::semaphore: a test for each row of its header's table, and a connection that is cut at random. What it
// shares with the mutex is tested there.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/semaphore.hpp>

#include "support/proxy.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::errc;
using plait::remote::permit;
using plait::remote::semaphore;

// A beat, which would hide a lost message, comes after a hundred seconds.
struct semaphore_at_a_server : testing::Test {
  const watchdog limit{"a test of remote::semaphore", 90s};
  support::server server;
  connection here{server.url(), {.lease = 300s}}, there{server.url(), {.lease = 300s}};
  semaphore first{here, "three", 3}, second{there, "three", 3};
};

TEST_F(semaphore_at_a_server, has_exactly_so_many_permits) {
  EXPECT_EQ(first.capacity(), 3u);
  std::vector<permit> mine;
  for (int i = 0; i < 2; ++i) mine.push_back(*first.try_acquire());
  mine.push_back(*second.acquire());
  EXPECT_EQ(first.available(), 0u);
  EXPECT_FALSE(first.try_acquire());
  EXPECT_FALSE(second.try_acquire_for(20ms));
  EXPECT_FALSE(second.try_acquire_until(std::chrono::system_clock::now() - 1h));
  mine.erase(mine.begin());
  EXPECT_EQ(first.available(), 1u);
  EXPECT_TRUE(second.try_acquire());
}

TEST_F(semaphore_at_a_server, threads_of_two_connections_never_hold_more) {
  std::atomic<int> inside{0}, most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, from = i % 2 == 0 ? &first : &second] {
        for (int n = 0; n < 25; ++n) {
          const auto mine = from->try_acquire_for(60s);
          ASSERT_TRUE(mine);
          const int now = ++inside;
          for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
          }
          std::this_thread::yield();
          --inside;
        }
      });
  }
  EXPECT_LE(most, 3);
  (void)first.available();  // tells what was released, as the next one does
  EXPECT_EQ(second.available(), 3u);
}

TEST_F(semaphore_at_a_server, one_release_wakes_one_who_waits_in_another_process) {
  std::vector<permit> mine;
  for (int i = 0; i < 3; ++i) mine.push_back(*first.acquire());
  std::atomic<int> got{0};
  std::stop_source stop;
  std::vector<std::jthread> threads;
  const auto before = there.calls();
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      if (const auto turn = second.acquire(stop.get_token())) {
        ++got;
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        stopped.wait(lock, stop.get_token(), [] { return false; });
      }
    });
  while (there.calls() == before) std::this_thread::sleep_for(1ms);
  mine.pop_back();
  while (got == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(second.available(), 0u);
  EXPECT_EQ(got, 1);
  stop.request_stop();
  threads.clear();
  EXPECT_EQ(second.available(), 1u);
}

TEST_F(semaphore_at_a_server, permits_of_a_silent_session_are_free_after_its_lease) {
  support::proxy between(server.socket());
  const connection slow(between.url(), {.call_timeout = 5s, .lease = 2s}), beats(server.url(), {.lease = 3s});
  semaphore dying(slow, "two", 2), waiting(beats, "two", 2);
  const auto late = dying.acquire(), also = dying.acquire();
  between.hold(true);
  const auto began = std::chrono::steady_clock::now();
  const auto one = waiting.try_acquire_for(8s), two = waiting.try_acquire_for(8s);
  ASSERT_TRUE(one && two);
  // It was renewed a third of a lease ago, or a little more on a busy machine.
  EXPECT_GE(std::chrono::steady_clock::now() - began, 1s);
  between.hold(false);
  while (!late->lost().stop_requested() || !also->lost().stop_requested()) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(dying.try_acquire());
}

TEST_F(semaphore_at_a_server, of_another_size_or_none_is_refused) {
  EXPECT_THROW(semaphore(here, "none", 0), std::invalid_argument);
  try {
    const semaphore four(there, "three", 4);
    FAIL() << "no error";
  } catch (const plait::remote::error& reason) {
    EXPECT_EQ(reason.code(), errc::wrong_type) << reason.what();
  }
}

TEST_F(semaphore_at_a_server, cuts_lose_and_double_no_permit) {
  support::proxy between(server.socket());
  const connection cut(between.url(), {.lease = 300s});
  semaphore from(cut, "three", 3);
  {
    std::jthread cuts([&](const std::stop_token& stop) {
      std::minstd_rand random(1);
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::microseconds(5000 + random() % 30000));
        between.cut_now();
      }
    });
    std::atomic<int> inside{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&, to = i % 2 == 0 ? &from : &second] {
        for (int n = 0; n < 20 || cut.reconnections() < 3; ++n) {
          const auto mine = to->try_acquire_for(60s);
          ASSERT_TRUE(mine);
          EXPECT_LE(++inside, 3);
          --inside;
        }
      });
  }
  (void)from.available();
  EXPECT_EQ(second.available(), 3u);
}

}  // namespace
