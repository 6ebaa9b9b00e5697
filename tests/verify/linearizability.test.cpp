// SPDX-License-Identifier: MIT
// The exact search for an order of recorded calls. monitors.test.cpp compares the monitors with it.
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <verify/history/call.hpp>
#include <verify/history/linearizability.hpp>

namespace {

// A register: writes and the reads that found them.
struct register_call {
  bool writes;
  int value;
};

bool is_possible(int& state, const register_call& call) {
  if (call.writes) state = call.value;
  return state == call.value;
}

bool is_linearizable(const std::vector<history::call<register_call>>& calls) {
  return history::is_linearizable(std::span(calls), 0, is_possible);
}

TEST(linearizability, accepts_overlapping_calls_in_either_order) {
  EXPECT_TRUE(is_linearizable({{{true, 1}, 1, 4}, {{false, 0}, 2, 3}}));
  EXPECT_TRUE(is_linearizable({{{true, 1}, 1, 4}, {{false, 1}, 2, 3}}));
  EXPECT_TRUE(is_linearizable({{{true, 1}, 1, 6}, {{false, 0}, 2, 3}, {{false, 1}, 4, 5}}));
}

TEST(linearizability, refuses_a_read_of_what_was_overwritten_before_it_began) {
  EXPECT_FALSE(is_linearizable({{{true, 1}, 1, 2}, {{false, 0}, 3, 4}}));
  EXPECT_FALSE(is_linearizable({{{true, 1}, 1, 6}, {{false, 1}, 2, 3}, {{false, 0}, 4, 5}}));
}

TEST(linearizability, refuses_a_value_that_nobody_wrote) {
  EXPECT_FALSE(is_linearizable({{{true, 1}, 1, 4}, {{false, 2}, 2, 3}}));
}

}  // namespace
