// SPDX-License-Identifier: MIT
// What every *.model.cpp says about its scenarios.
#pragma once

#include <iostream>
#include <vector>

#include <gtest/gtest.h>
#include <verify/mutation.hpp>
#include <verify/scenario.hpp>

namespace model {

// No execution of the scenario fails.
inline void expect_sound(const verify::body& scenario, const verify::options& how = {}) {
  const verify::report found = verify::explore(scenario, how);
  EXPECT_TRUE(found) << found;
  if (found) std::cout << "             " << found << '\n';
}

// Nor does any go on only because a deadline has come: that would hide a lost wake-up.
inline void expect_sound_without_deadlines(const verify::body& scenario, const verify::options& how = {}) {
  const verify::report found = verify::explore(scenario, how);
  EXPECT_TRUE(found) << found;
  EXPECT_EQ(found.forced_timeouts, 0u) << found;
  if (found) std::cout << "             " << found << '\n';
}

}  // namespace model
