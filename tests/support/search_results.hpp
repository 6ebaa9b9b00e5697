// SPDX-License-Identifier: MIT
// What the checker's own tests expect of the search through a scenario.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <verify/scenario.hpp>

namespace model {

// Expects that the scenario has no failure.
inline void expect_clean(const verify::body& scenario) {
  const verify::report found = verify::explore(scenario);
  EXPECT_TRUE(found) << found;
}

// Expects a failure with the message `expected` in it.
inline void expect_failure(const verify::body& scenario, const std::string& expected) {
  const verify::report found = verify::explore(scenario);
  EXPECT_NE(found.failure.find(expected), std::string::npos) << found;
}

}  // namespace model
