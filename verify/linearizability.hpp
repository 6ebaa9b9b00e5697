// SPDX-License-Identifier: MIT
// Is there an order of these calls, one after the other, in which a sequential structure would have
// returned just what they returned, and in which no call comes before one that had ended when it began?
//
// The search tries every call that may come next, deepest first, and never looks twice at the same set of
// calls done in the same state. (Wing and Gong 1993, with the memory of Lowe 2017.) For the short
// histories of scenarios: the number of sets grows fast with the number of calls that overlap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>

#include <verify/history.hpp>

namespace verify {

// `State` is the sequential structure: copyable and ordered by <. apply(state, operation) does the
// operation and says whether its result is the one that was recorded.
template <class State, class Operation, class Apply>
bool is_linearizable(std::span<const call<Operation>> calls, const State& initial, Apply&& apply) {
  using call_set = std::uint64_t;
  if (calls.size() > 64)
    throw std::invalid_argument("verify::is_linearizable: a history of at most 64 calls can be checked");
  const call_set all = calls.size() == 64 ? ~call_set{0} : (call_set{1} << calls.size()) - 1;
  std::set<std::pair<call_set, State>> visited;

  const auto search = [&](const auto& self, call_set done, const State& state) -> bool {
    if (done == all) return true;
    if (!visited.emplace(done, state).second) return false;
    // A call may come next if none that is left ended before it began.
    std::uint64_t first_end = UINT64_MAX;
    for (std::size_t i = 0; i != calls.size(); ++i)
      if ((done >> i & 1) == 0) first_end = std::min(first_end, calls[i].end);
    for (std::size_t i = 0; i != calls.size(); ++i) {
      if ((done >> i & 1) != 0 || calls[i].begin > first_end) continue;
      State next = state;
      if (apply(next, calls[i].operation) && self(self, done | call_set{1} << i, next)) return true;
    }
    return false;
  };
  return search(search, 0, initial);
}

}  // namespace verify
