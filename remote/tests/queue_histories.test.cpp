// SPDX-License-Identifier: MIT
// Short histories of worker processes that are killed and stopped at random moments, judged by the lease
// monitor. PLAIT_REMOTE_HISTORIES sets how many.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

#include "support/effort.hpp"
#include "support/lease_monitor.hpp"
#include "support/process.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::queue;
using support::lease_monitor;
using clock_type = lease_monitor::clock;

// Long, because a process that beats too late, since others have the processors, loses what it had, and the
// monitor does not know why.
constexpr auto lease = 1200ms;
// A beat may be a third of a lease old when its process is killed, and a little more on a busy machine.
constexpr auto least_silence = lease / 2;

clock_type::time_point time_of(long long nanoseconds) {
  return clock_type::time_point(std::chrono::nanoseconds(nanoseconds));
}

void add(lease_monitor& history, int worker, const std::string& output) {
  std::istringstream lines(output);
  for (std::string what; lines >> what;) {
    std::int64_t item = 0;
    std::uint64_t deliveries = 0, token = 0;
    long long when = 0;
    lines >> item;
    if (what == "got") lines >> deliveries >> token;
    if (!(lines >> when)) return;  // killed while it wrote
    if (what == "got") history.delivered(item, worker, deliveries, token, time_of(when));
    if (what == "done") history.acknowledged(item, worker, time_of(when));
    if (what == "late") history.too_late(item, worker, time_of(when));
    if (what == "giving") history.begins_to_give_back(item, worker, time_of(when));
    if (what == "back") history.given_back(item, worker, time_of(when));
  }
}

std::vector<std::string> one_history(const support::server& server, unsigned seed) {
  constexpr int items = 60, workers = 3;
  std::minstd_rand random(seed);
  const std::string name = "history" + std::to_string(seed);
  const connection here(server.url(), {.lease = lease});
  queue<std::int64_t> all(here, name, {.delivery_limit = 0});
  lease_monitor history(least_silence);
  std::vector<std::unique_ptr<support::child>> processes;
  for (int i = 0; i < workers; ++i)
    processes.push_back(std::make_unique<support::child>(
        PLAIT_REMOTE_WORKER,
        std::vector<std::string>{server.url(), name,
                                 std::to_string(std::chrono::milliseconds(lease).count())}));
  for (std::int64_t i = 0; i < items; ++i) {
    history.pushed(i);
    all.push(i);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 80));
  history.silent_from(0, clock_type::now(), true);
  processes[0]->send(SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(random() % 30));
  history.silent_from(1, clock_type::now(), false);
  processes[1]->send(SIGSTOP);
  const bool for_longer_than_a_lease = random() % 2 == 0;
  std::this_thread::sleep_for(for_longer_than_a_lease ? lease * 3 / 2 : 50ms);
  processes[1]->send(SIGCONT);
  const bool finished = all.try_join_for(60s);
  all.close();
  for (int i = 0; i < workers; ++i) add(history, i, processes[static_cast<std::size_t>(i)]->finish().out);
  std::vector<std::string> wrong = history.judge();
  if (!finished) wrong.push_back("join did not end");
  return wrong;
}

TEST(histories, of_workers_that_are_killed_and_stopped_lose_and_double_nothing) {
  const unsigned count = support::effort("HISTORIES", 12);
  const watchdog limit("histories", 100s + count * 1s);
  const support::server server;
  std::atomic<unsigned> next{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (unsigned seed = next++; seed < count; seed = next++)
        for (const std::string& wrong : one_history(server, seed))
          ADD_FAILURE() << "history " << seed << ": " << wrong;
    });
}

}  // namespace
