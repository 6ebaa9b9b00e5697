// SPDX-License-Identifier: MIT
// The litmus table under the checker. A row passes if exactly its outcomes are seen, over all executions.
#include "support/litmus.hpp"

#include <ostream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/figures.hpp"

void PrintTo(const litmus& row, std::ostream* out) {
  *out << row.name;
}

namespace {

struct checker {
  template <class T>
  using atomic = verify::sync::atomic<T>;
  using plain = verify::plain<int>;
  using mutex = verify::sync::mutex;
  static constexpr auto relaxed = verify::sync::relaxed;
  static constexpr auto acquire = verify::sync::acquire;
  static constexpr auto release = verify::sync::release;
  static constexpr auto acq_rel = verify::sync::acq_rel;
  static constexpr auto seq_cst = verify::sync::seq_cst;
  static void threads(auto... functions) { verify::threads(functions...); }
  static void fence(verify::sync::memory_order order) { verify::sync::fence(order); }
  static void process_wide_fence() { verify::sync::process_wide_fence(); }
};

class litmus_table : public testing::TestWithParam<litmus> {};

void expect_exactly_its_outcomes(const litmus& row, bool reduced) {
  std::set<std::string> seen;
  const verify::body body = [&] {
    std::string result = row.program();
    const verify::detail::untracked own;
    seen.insert(result);
  };
  // Everything: no bound on preemptions or old values.
  verify::options everything;
  everything.preemptions = everything.stale_loads = verify::unbounded;
  everything.depth_first = 5'000'000;
  everything.random = everything.priorities = 0;
  everything.reduced = reduced;
  const verify::report found = verify::explore(body, everything);
  // A program with a race has no other outcome: it is undefined.
  if (found.failure.find("data race") != std::string::npos) seen = {"race"};
  EXPECT_TRUE(found.complete || seen.contains("race")) << found;

  const std::set<std::string> expected = words(row.seen);
  model::figures::add("litmus", found, seen == expected, row.name);
  EXPECT_TRUE(found || expected.contains("race")) << found;
  for (const std::string& each : expected)
    EXPECT_TRUE(seen.contains(each)) << each << " is allowed and was not seen";
  for (const std::string& each : seen)
    EXPECT_TRUE(expected.contains(each)) << each << " is forbidden and was seen";
  for (const std::string& each : words(row.also_legal)) EXPECT_FALSE(expected.contains(each));
}

TEST_P(litmus_table, shows_exactly_the_outcomes_of_its_row) {
  expect_exactly_its_outcomes(GetParam(), true);
}

TEST_P(litmus_table, shows_the_same_when_every_order_of_independent_steps_is_explored) {
  expect_exactly_its_outcomes(GetParam(), false);
}

INSTANTIATE_TEST_SUITE_P(memory_model, litmus_table, testing::ValuesIn(litmus_rows<checker>()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
