// SPDX-License-Identifier: MIT
// The tour's chapter on schedules. The sanitizers leave it out: its program changes stacks behind their backs.
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "support/process.hpp"

namespace {

bool contains(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

TEST(tour, schedules_finds_the_wrong_order_and_draws_it_as_lanes) {
  const support::child::result result = support::child(PLAIT_PROGRAM, {"tour", "schedules"}).finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_FALSE(contains(result.out, "report a bug")) << result.out;
  EXPECT_TRUE(contains(result.out, R"(    tail_\.store\(tail \+ 1, std::memory_order_relaxed\);)"))
      << result.out;
  EXPECT_TRUE(contains(result.out, R"( 3  ! write slots\[0\] = 7 +\|\n)")) << result.out;
  EXPECT_TRUE(contains(result.out, R"( 6  \|-4-+>\* load tail acquire = 1\n)")) << result.out;
  EXPECT_TRUE(contains(result.out, R"( 7  \|-3-+>! read slots\[0\]\n)")) << result.out;
  EXPECT_TRUE(contains(result.out, "data race: nothing orders the write of slots.0. by T1 at ring.hpp:"))
      << result.out;
  EXPECT_TRUE(
      contains(result.out, R"([0-9]+ executions, every one within the bounds, in [0-9.]+ ms: none fails\n)"))
      << result.out;
}

}  // namespace
