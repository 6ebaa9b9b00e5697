// SPDX-License-Identifier: MIT
// The tour's chapter on plait::remote: it starts a server, kills a worker, and loses nothing.
#include <chrono>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "support/process.hpp"
#include "support/watchdog.hpp"

TEST(tour, remote_kills_a_worker_and_loses_nothing) {
  const watchdog limit("plait tour remote", std::chrono::seconds(300));
  const auto result = support::child(PLAIT_PROGRAM, {"tour", "remote"}).finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const auto contains = [&](const char* pattern) { return std::regex_search(result.out, std::regex(pattern)); };
  EXPECT_TRUE(contains("jobs.pop_leased")) << result.out;
  EXPECT_TRUE(contains(R"(done in the end +300, 300 different ones)")) << result.out;
  EXPECT_TRUE(contains(R"(push, pop and task_done, one by one +[0-9.]+ us an item)")) << result.out;
  EXPECT_TRUE(contains(R"(push_n and pop_n of 128 +[0-9.]+ us an item)")) << result.out;
  EXPECT_FALSE(contains("report a bug")) << result.out;
}
