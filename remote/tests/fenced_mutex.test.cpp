// SPDX-License-Identifier: MIT
// remote::fenced_mutex: a test for each row of its header's table, cuts at every byte, and processes that are
// killed and stopped.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/fenced_mutex.hpp>
#include <plait/remote/map.hpp>
#include <plait/remote/queue.hpp>

#include "support/cuts.hpp"
#include "support/process.hpp"
#include "support/proxy.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::errc;
using plait::remote::fenced_mutex;
using support::proxy;
using entries_map = plait::remote::map<std::string, std::string>;

// The leases are long: a beat, which would hide a lost message, comes after a hundred seconds, and no test of
// these may last so long.
struct mutex_at_a_server : testing::Test {
  const watchdog limit{"a test of remote::fenced_mutex", 90s};
  support::server server;
  connection here{server.url(), {.lease = 300s}}, there{server.url(), {.lease = 300s}};
  fenced_mutex first{here, "lock"}, second{there, "lock"};
};

// Until the server has answered what a thread asks for.
void wait_for_a_call(const connection& of, std::uint64_t before) {
  while (of.calls() == before) std::this_thread::sleep_for(1ms);
}

TEST_F(mutex_at_a_server, has_one_holder) {
  auto mine = first.lock();
  ASSERT_TRUE(mine);
  EXPECT_TRUE(second.is_locked());
  EXPECT_FALSE(second.try_lock());
  EXPECT_FALSE(first.try_lock());
  EXPECT_FALSE(second.try_lock_for(20ms));
  EXPECT_FALSE(second.try_lock_until(std::chrono::system_clock::now() - 1h));
  mine->release();
  EXPECT_FALSE(first.is_locked());
  EXPECT_TRUE(second.try_lock());
}

TEST_F(mutex_at_a_server, threads_of_two_connections_never_hold_it_together) {
  std::atomic<int> inside{0}, times{0};
  std::mutex seen;
  std::set<std::uint64_t> tokens;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&, mutex = i % 2 == 0 ? &first : &second] {
        for (int n = 0; n < 40; ++n) {
          const auto mine = mutex->lock();
          ASSERT_TRUE(mine);
          EXPECT_EQ(inside.fetch_add(1), 0);
          ++times;
          {
            const std::lock_guard lock(seen);
            EXPECT_TRUE(tokens.empty() || *tokens.rbegin() < mine->token()) << "tokens do not grow";
            tokens.insert(mine->token());
          }
          inside.fetch_sub(1);
        }
      });
  }
  EXPECT_EQ(times, 240);
  (void)first.is_locked();  // tells what was released, as the next one does
  EXPECT_FALSE(second.is_locked());
}

TEST_F(mutex_at_a_server, is_given_to_those_who_wait_in_the_order_in_which_they_came) {
  auto mine = first.lock();
  std::vector<std::unique_ptr<connection>> servers;
  std::vector<std::unique_ptr<fenced_mutex>> mutexes;
  std::vector<int> order;
  std::atomic<std::chrono::steady_clock::time_point> released;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    servers.push_back(
        std::make_unique<connection>(server.url(), plait::remote::connection_options{.lease = 300s}));
    mutexes.push_back(std::make_unique<fenced_mutex>(*servers.back(), "lock"));
    const auto before = servers.back()->calls();
    threads.emplace_back([&, i, mutex = mutexes.back().get()] {
      const auto turn = mutex->try_lock_for(15s);
      ASSERT_TRUE(turn);
      EXPECT_LT(std::chrono::steady_clock::now() - released.load(), 10s)
          << "nobody told, and the last look found it";
      order.push_back(i);
    });
    wait_for_a_call(*servers.back(), before);
  }
  EXPECT_FALSE(second.try_lock());
  released = std::chrono::steady_clock::now();
  mine->release();
  threads.clear();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(mutex_at_a_server, a_stop_request_and_a_deadline_end_a_wait_and_leave_the_line) {
  auto mine = first.lock();
  std::stop_source stop;
  const auto before = there.calls();
  std::jthread waits([&] { EXPECT_FALSE(second.lock(stop.get_token())); });
  wait_for_a_call(there, before);
  EXPECT_FALSE(second.try_lock_for(20ms));
  stop.request_stop();
  waits.join();
  mine->release();
  EXPECT_TRUE(first.lock()) << "the permit went to somebody who has gone";
  EXPECT_TRUE(first.lock(stop.get_token())) << "what need not wait is done after a stop request";
}

TEST_F(mutex_at_a_server, destroying_a_permit_releases_and_destroying_the_mutex_loses_it) {
  {
    const auto mine = first.lock();
  }
  auto other = std::make_unique<fenced_mutex>(there, "lock");
  auto kept = other->lock();
  ASSERT_TRUE(kept);
  EXPECT_FALSE(kept->lost().stop_requested());
  other.reset();
  EXPECT_TRUE(kept->lost().stop_requested());
  const auto after = first.lock();
  kept->release();
  EXPECT_TRUE(second.is_locked());
}

TEST_F(mutex_at_a_server, of_a_session_that_ends_is_free) {
  {
    const connection gone(server.url());
    fenced_mutex lost(gone, "lock");
    auto mine = lost.lock();
    const auto dropped = std::move(mine);
  }
  EXPECT_TRUE(first.try_lock());
}

TEST_F(mutex_at_a_server, that_another_structure_has_the_name_of_is_refused) {
  const plait::remote::queue<int> jobs(here, "jobs");
  try {
    const fenced_mutex wrong(there, "jobs");
    FAIL() << "no error";
  } catch (const plait::remote::error& reason) {
    EXPECT_EQ(reason.code(), errc::wrong_type) << reason.what();
  }
}

TEST_F(mutex_at_a_server, a_server_that_forgets_is_an_error_and_loses_the_lock) {
  auto mine = first.lock();
  server.kill();
  server.start();
  EXPECT_THROW((void)first.lock(), plait::remote::error);
  while (!mine->lost().stop_requested()) std::this_thread::sleep_for(1ms);
}

TEST(mutex_of_a_silent_holder, says_so_before_another_one_gets_it) {
  const watchdog limit("a silent holder", 60s);
  const support::server server;
  proxy between(server.socket());
  const connection slow(between.url(), {.call_timeout = 20s, .lease = 2s}), here(server.url(), {.lease = 2s});
  fenced_mutex held(slow, "lock"), wanted(here, "lock");
  auto late = held.lock();
  std::atomic<bool> is_lost{false};
  const std::stop_callback says(late->lost(), [&] { is_lost = true; });
  between.hold(true);
  const auto mine = wanted.lock();
  EXPECT_TRUE(is_lost);
  EXPECT_GT(mine->token(), late->token());
  between.hold(false);
  late->release();  // changes nothing
  EXPECT_FALSE(held.try_lock());
  EXPECT_TRUE(wanted.is_locked());
}

TEST(mutex_of_a_stopped_holder, does_not_let_it_write_when_it_wakes_up_late) {
  const watchdog limit("a stopped holder", 60s);
  const support::server server;
  const connection here(server.url(), {.lease = 400ms});
  fenced_mutex mutex(here, "lock");
  entries_map entries(here, "entries");
  support::child holder(PLAIT_REMOTE_LOCK_WORKER, {"hold", server.url(), "400"});
  while (entries.get("owner") != "worker") std::this_thread::sleep_for(1ms);
  holder.send(SIGSTOP);
  const auto mine = mutex.lock();
  ASSERT_TRUE(entries.put("owner", "test", mine->token()));
  holder.send(SIGCONT);
  const auto result = holder.finish();
  EXPECT_EQ(result.out, "refused, lost\n");
  EXPECT_EQ(entries.get("owner"), "test");
}

TEST(a_cut_at_any_byte_of_a_mutex, neither_loses_nor_doubles_it) {
  const watchdog limit("cuts of a mutex", 300s);
  const support::server server;
  proxy between(server.socket());
  const connection cut(between.url(), {.lease = 300s}), whole(server.url(), {.lease = 300s});
  fenced_mutex mutex(cut, "lock"), other(whole, "lock");
  std::uint64_t last = 0;
  const auto round = [&] {
    auto mine = mutex.try_lock_for(8s);
    ASSERT_TRUE(mine);
    ASSERT_GT(mine->token(), last);
    ASSERT_TRUE(other.is_locked());
    last = mine->token();
    std::jthread waits([&] {
      const auto next = other.try_lock_for(8s);
      ASSERT_TRUE(next);
      ASSERT_GT(next->token(), last);
      last = next->token();
    });
    mine->release();
    waits.join();
    const auto again = mutex.try_lock_for(8s);
    ASSERT_TRUE(again);
    ASSERT_GT(again->token(), last);
    last = again->token();
    ASSERT_FALSE(again->lost().stop_requested());
  };
  ASSERT_NO_FATAL_FAILURE(support::cut_at_any_byte(between, 100, round));
  EXPECT_EQ(mutex.is_locked(), false);
}

// Workers add one under the lock; they are stopped and killed. Nothing that was not refused may be lost.
void one_history(const support::server& server, unsigned seed) {
  constexpr std::size_t workers = 3;
  std::minstd_rand random(seed);
  const connection here(server.url(), {.lease = 300ms});
  entries_map entries(here, "entries");
  std::vector<std::unique_ptr<support::child>> processes;
  for (std::size_t i = 0; i < workers; ++i)
    processes.push_back(std::make_unique<support::child>(
        PLAIT_REMOTE_LOCK_WORKER, std::vector<std::string>{"count", server.url(), "300"}));
  const auto reaches = [&](long long more) {
    const long long goal = std::stoll(entries.get("count").value_or("0")) + more;
    while (std::stoll(entries.get("count").value_or("0")) < goal) std::this_thread::sleep_for(1ms);
  };
  reaches(5 + random() % 40);
  processes[0]->send(SIGSTOP);
  reaches(3);  // another one has got it, if need be after a lease
  processes[0]->send(SIGCONT);
  reaches(random() % 20);
  processes[1]->send(SIGKILL);
  reaches(5);
  entries.put("end", "");
  std::map<std::uint64_t, long long> written;
  long long count = 0;
  for (auto& one : processes) {
    std::istringstream lines(one->finish().out);
    std::uint64_t token = 0;
    for (long long value = 0; lines >> token >> value; ++count)
      EXPECT_TRUE(written.emplace(token, value).second) << "the token " << token << " was given twice";
  }
  long long before = 0;
  for (const auto& [token, value] : written) {
    EXPECT_LT(before, value) << "the token " << token << " is of an older value";
    before = value;
  }
  const long long last = std::stoll(entries.get("count").value_or("0"));
  EXPECT_TRUE(last == count || last == count + 1)
      << count << " were added, " << last << " are there; history " << seed;
}

TEST(histories_of_a_mutex, of_workers_that_are_killed_and_stopped_lose_no_update) {
  constexpr unsigned count = 4;
  const watchdog limit("histories of a mutex", 300s);
  for (unsigned seed = 0; seed < count; ++seed) {
    const support::server server;
    one_history(server, seed);
  }
}

}  // namespace
