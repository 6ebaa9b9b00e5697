// SPDX-License-Identifier: MIT
// What the checks of a lock have found, before anybody has read the names of functions for it.
#pragma once

#include <string>
#include <vector>

#include <plait/detail/lock/stack_names.hpp>
#include <plait/detail/sync.hpp>
#include <plait/lock_order_report.hpp>

namespace PLAIT_NAMESPACE::detail {

// Where a lock was taken.
struct lock_place {
  std::string thread_name = {};
  call_places stack = {};
  std::vector<std::string> stack_of_another_run = {};  // whose addresses mean nothing here
};

struct order_finding {
  struct step {
    std::string held;  // empty: none
    std::string wanted;
    lock_place place;
    bool is_now = false;
  };

  lock_problem problem;
  lock_certainty certainty;
  std::vector<step> steps;

  // Reads the files of the program and of its libraries.
  lock_order_report readable() const {
    lock_order_report made{problem, certainty, {}};
    stack_names names;
    for (const step& each : steps)
      made.steps.push_back(
          {each.held, each.wanted, each.place.thread_name, lines(each.place, names), each.is_now});
    return made;
  }

  static std::vector<std::string> lines(const lock_place& place, stack_names& names) {
    return place.stack.places.empty() ? place.stack_of_another_run : names.lines(place.stack);
  }
};

}  // namespace PLAIT_NAMESPACE::detail
