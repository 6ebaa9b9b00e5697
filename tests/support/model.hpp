// SPDX-License-Identifier: MIT
// What a *.model.cpp does with its table of scenarios.
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
#include <verify/trace.hpp>

#include "support/figures.hpp"

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
  figures::add("explore", found, found.passed(), scenario.name);
  EXPECT_TRUE(found) << found;
  if (found) std::cout << "             " << found << '\n';
}

// Expects that the other threads finish when thread 1 is stopped for ever, at each of its steps.
inline void expect_others_go_on(const verify::body& scenario) {
  const verify::report found = verify::freeze(scenario, 1);
  figures::add("freeze", found, found.passed());
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(found.complete) << found;
}

// Expects that thread 1, stopped at some step, holds up others, as the guarantees table says.
inline void expect_others_held_up(const verify::body& scenario) {
  const verify::report found = verify::freeze(scenario, 1);
  figures::add("freeze", found, !found.passed());
  EXPECT_NE(found.failure.find("not lock-free"), std::string::npos) << found;
}

// An order that no scenario needs, named by a piece of its line in the source, and the reason why it is not
// weaker.
struct unneeded_order {
  std::string source;
  std::string reason;
};

// The scenarios with the given names.
inline std::vector<verify::scenario> named(std::span<const verify::scenario> scenarios,
                                           const std::vector<std::string>& names) {
  std::vector<verify::scenario> found;
  for (const std::string& name : names) {
    const auto at = std::ranges::find(scenarios, name, &verify::scenario::name);
    EXPECT_NE(at, scenarios.end()) << "there is no scenario " << name;
    if (at != scenarios.end()) found.push_back(*at);
  }
  return found;
}

// Expects that each weaker order in the file makes some scenario fail, except the given ones.
inline void expect_orders_needed(std::span<const verify::scenario> scenarios, std::string_view file,
                                 const std::vector<unneeded_order>& unneeded = {},
                                 const verify::effort& effort = {}) {
  const verify::mutation_report found = verify::weaken_orders(scenarios, file, effort);
  std::cout << "             " << found << '\n';
  EXPECT_GT(found.mutants.size(), 0u) << "no scenario passes through " << file;
  const auto is_at = [](const verify::mutant& each, const unneeded_order& order) {
    return verify::source_line(each.at.file, each.at.line).find(order.source) != std::string::npos;
  };
  const auto is_explained = [&](const verify::mutant& each) {
    return std::ranges::any_of(unneeded, [&](const auto& order) { return is_at(each, order); });
  };
  figures::add(found, file,
               static_cast<std::size_t>(std::ranges::count_if(
                   found.mutants, [&](const auto& each) { return each.survived() && is_explained(each); })));
  for (const verify::mutant& each : found.mutants) {
    EXPECT_TRUE(!each.survived() || is_explained(each))
        << "no scenario fails with " << verify::to_string(each.at) << " -> " << verify::to_string(each.weaker)
        << ":\n  " << verify::source_line(each.at.file, each.at.line);
  }
  for (const unneeded_order& order : unneeded) {
    EXPECT_TRUE(std::ranges::any_of(found.mutants,
                                    [&](const auto& each) { return each.survived() && is_at(each, order); }))
        << "needed after all, or gone: " << order.source;
  }
}

}  // namespace model
