// SPDX-License-Identifier: MIT
// How a *.model.cpp tests its table of scenarios.
#pragma once

#include <algorithm>
#include <iostream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <verify/mutation.hpp>
#include <verify/scenario.hpp>

namespace verify {

inline void PrintTo(const scenario& each, std::ostream* out) {
  *out << each.name;
}

}  // namespace verify

namespace model {

// For INSTANTIATE_TEST_SUITE_P.
inline constexpr auto name_of = [](const auto& test) { return test.param.name; };

inline void expect_sound(const verify::scenario& scenario) {
  const verify::report found = verify::explore(scenario.body, scenario.how);
  EXPECT_TRUE(found) << found;
  if (found) std::cout << "             " << found << '\n';
}

// Every order named in the file is needed by some scenario, except for those that begin one of the lines
// in `explained`: "load seq_cst -> acquire in notify_one: why".
inline void expect_orders_needed(std::span<const verify::scenario> scenarios, std::string_view file,
                                 const std::vector<std::string>& explained = {},
                                 const verify::effort& effort = {}) {
  const verify::mutation_report found = verify::weaken_orders(scenarios, file, effort);
  std::cout << "             " << found << '\n';
  EXPECT_GT(found.mutants.size(), 0u) << "no scenario passes through " << file;
  EXPECT_EQ(found.mutants.size() - found.killed(), explained.size()) << found;
}

}  // namespace model
