// SPDX-License-Identifier: MIT
// The end of a round: what was recorded, and the monitor that has to find nothing wrong with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <verify/history/call.hpp>
#include <verify/history/shrink.hpp>
#include <verify/history/timeline.hpp>

#include "stress/workload.hpp"

namespace stress {

// find_fault(calls) says what is wrong, or nothing. Throws a failure with the smallest history that it finds
// fault with, or says how much was checked.
template <class Operation, class FindFault>
tally check(const std::vector<history::call<Operation>>& calls, FindFault find_fault) {
  if (find_fault(calls)) {
    const auto smallest =
        history::shrink(calls, [&](const auto& fewer) { return find_fault(fewer).has_value(); });
    throw failure(fmt::format("{}\n\n{}", *find_fault(smallest), history::timeline(smallest)));
  }
  return {.operations = calls.size(), .histories = 1};
}

}  // namespace stress
