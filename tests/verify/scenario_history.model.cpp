// SPDX-License-Identifier: MIT
// Calls that a scenario records: which it holds to be earlier than which.
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <verify/history/fifo_monitor.hpp>
#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>
#include <verify/seam.hpp>

#include "support/search_results.hpp"

namespace {

using model::expect_clean;
using model::expect_failure;
using verify::check;
using verify::threads;
using namespace verify::sync;
using verify::sync::atomic;

// Both libraries call something unbounded, and this file includes both.
TEST(scenario_history, and_histories_have_names_of_their_own) {
  EXPECT_EQ(history::find_fifo_fault(std::vector<history::container_call>{}, history::unbounded), std::nullopt);
  EXPECT_TRUE(verify::explore([] {}, {.preemptions = verify::unbounded}));
}

// A register that is written relaxed: a thread need not see a write that does not happen before its read.
TEST(scenario_history, holds_a_call_to_be_earlier_only_if_it_happens_before) {
  struct told {
    bool writes;
    int value;
  };
  const auto possible = [](int& state, const told& call) {
    if (call.writes) state = call.value;
    return state == call.value;
  };
  const auto write_and_read = [&](memory_order publish, memory_order look) {
    return [=] {
      atomic<int> cell{0}, flag{0};
      verify::scenario_history<told> calls;
      threads(
          [&] {
            calls.record([&] {
              cell.store(1, relaxed);
              return told{true, 1};
            });
            flag.store(1, publish);
          },
          [&] {
            if (flag.load(look) == 0) return;
            calls.record([&] { return told{false, cell.load(relaxed)}; });
          });
      check(calls.is_linearizable(0, possible), "the calls are linearizable");
    };
  };
  expect_clean(write_and_read(release, acquire));
  expect_clean(write_and_read(relaxed, relaxed));
  // If the write happens before the read, an old value is wrong.
  expect_failure(
      [&] {
        verify::scenario_history<told> calls;
        calls.record([&] { return told{true, 1}; });
        calls.record([&] { return told{false, 0}; });
        check(calls.is_linearizable(0, possible), "the calls are linearizable");
      },
      "the calls are linearizable");
}

}  // namespace
