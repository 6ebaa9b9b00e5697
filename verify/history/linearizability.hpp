// SPDX-License-Identifier: MIT
// Whether there is a sequential order of the calls in which a sequential structure would have returned what
// they returned, and in which no call comes before one that had ended when it began.
//
// is_linearizable tries every call that may come next, depth first, and never visits twice the same set of
// calls done in the same state. (Wing and Gong 1993, with the memoization of Lowe 2017.) For the short
// histories of scenarios: the number of sets grows fast with the number of calls.
//
// find_unexplained goes through the history once, with all the states in which the structure can be, and
// applies a call no earlier than it must: when it, or one that needs it, ends. (Lowe's just-in-time
// linearization.) For histories of any length in which few calls overlap: linear in the calls, but exponential
// in how many overlap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>

namespace history {

// `State` is the sequential structure: copyable and ordered by <. apply(state, operation) applies the operation
// and returns whether its result is the one that was recorded. comes_before(a, b): whether the call a came
// before the call b. Any partial order is allowed.
template <class State, class Call, class Apply, class ComesBefore>
bool is_linearizable(std::span<const Call> calls, const State& initial, Apply&& apply,
                     ComesBefore&& comes_before) {
  using call_set = std::uint64_t;
  if (calls.size() > 64)
    throw std::invalid_argument("history::is_linearizable: a history of at most 64 calls can be checked");
  const call_set all = calls.size() == 64 ? ~call_set{0} : (call_set{1} << calls.size()) - 1;
  std::vector<call_set> earlier(calls.size());  // of each call, those that came before it
  for (std::size_t i = 0; i != calls.size(); ++i)
    for (std::size_t j = 0; j != calls.size(); ++j)
      earlier[i] |= call_set{comes_before(calls[j], calls[i])} << j;
  std::set<std::pair<call_set, State>> visited;

  const auto search = [&](const auto& self, call_set done, const State& state) -> bool {
    if (done == all) return true;
    if (!visited.emplace(done, state).second) return false;
    for (std::size_t i = 0; i != calls.size(); ++i) {
      if ((done >> i & 1) != 0 || (earlier[i] & ~done) != 0) continue;
      State next = state;
      if (apply(next, calls[i].operation) && self(self, done | call_set{1} << i, next)) return true;
    }
    return false;
  };
  return search(search, 0, initial);
}

template <class State, class Operation, class Apply>
bool is_linearizable(std::span<const call<Operation>> calls, const State& initial, Apply&& apply) {
  return is_linearizable(calls, initial, std::forward<Apply>(apply),
                         [](const auto& a, const auto& b) { return a.end < b.begin; });
}

// The first call, by its end, up to which no order explains the history; nothing if some order explains all of
// it.
template <class State, class Operation, class Apply>
std::optional<std::size_t> find_unexplained(std::span<const call<Operation>> calls, const State& initial,
                                            Apply&& apply) {
  struct event {
    moment when;
    bool is_end;
    std::size_t which;
  };
  std::vector<event> events;
  for (std::size_t i = 0; i != calls.size(); ++i) {
    events.push_back({calls[i].begin, false, i});
    events.push_back({calls[i].end, true, i});
  }
  // Begins before ends of the same moment: such calls overlap.
  std::ranges::sort(events, [](const event& a, const event& b) {
    return a.when != b.when ? a.when < b.when : a.is_end < b.is_end;
  });

  // Calls under way have slots; a possibility is a state and the set of slots whose calls have been applied.
  constexpr std::size_t free = SIZE_MAX;
  std::vector<std::size_t> slots;
  using possibility = std::pair<std::uint64_t, State>;
  std::set<possibility> possible{{0, initial}};
  for (const event& e : events) {
    if (!e.is_end) {
      const auto slot = std::ranges::find(slots, free);
      if (slot != slots.end()) {
        *slot = e.which;
      } else if (slots.size() == 64) {
        throw std::invalid_argument("history::find_unexplained: at most 64 calls may overlap");
      } else {
        slots.push_back(e.which);
      }
      continue;
    }
    const auto ending = static_cast<std::size_t>(std::ranges::find(slots, e.which) - slots.begin());
    std::set<possibility> reached = possible;
    std::set<possibility> next;
    std::vector<possibility> left(possible.begin(), possible.end());
    while (!left.empty()) {
      const auto [done, state] = std::move(left.back());
      left.pop_back();
      if ((done >> ending & 1) != 0) {
        next.emplace(done & ~(std::uint64_t{1} << ending), state);
        continue;
      }
      for (std::size_t slot = 0; slot != slots.size(); ++slot) {
        if (slots[slot] == free || (done >> slot & 1) != 0) continue;
        possibility after{done | std::uint64_t{1} << slot, state};
        if (apply(after.second, calls[slots[slot]].operation) && reached.insert(after).second)
          left.push_back(std::move(after));
      }
    }
    if (next.empty()) return e.which;
    possible = std::move(next);
    slots[ending] = free;
  }
  return std::nullopt;
}

}  // namespace history
