// SPDX-License-Identifier: MIT
// Whether there is a sequential order of the calls in which a sequential structure would have returned what
// they returned, and in which no call comes before one that had ended when it began.
//
// is_linearizable tries every call that may come next, depth first, and never goes on twice from the same set
// of calls done in the same state. (Wing and Gong 1993, with the memoization of Lowe 2017.) For the short
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
#include <map>
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
  std::map<call_set, std::set<State>> hopeless;  // by the calls done: no order of the others explains them

  const auto search = [&](const auto& self, call_set done, const State& state) -> bool {
    if (done == all) return true;
    const auto known = hopeless.find(done);
    if (known != hopeless.end() && known->second.contains(state)) return false;
    std::optional<State> next;
    for (std::size_t i = 0; i != calls.size(); ++i) {
      if ((done >> i & 1) != 0 || (earlier[i] & ~done) != 0) continue;
      next = state;
      if (apply(*next, calls[i].operation) && self(self, done | call_set{1} << i, *next)) return true;
    }
    hopeless[done].insert(state);
    return false;
  };
  return search(search, 0, initial);
}

template <class State, class Operation, class Apply>
bool is_linearizable(std::span<const call<Operation>> calls, const State& initial, Apply&& apply) {
  return is_linearizable(calls, initial, std::forward<Apply>(apply),
                         [](const auto& a, const auto& b) { return a.end < b.begin; });
}

namespace detail {

// The calls under way, and what may have happened so far.
template <class State, class Operation>
class possibilities {
 public:
  possibilities(std::span<const call<Operation>> calls, const State& initial)
      : calls_(calls), possible_{{0, initial}} {}

  void begin(std::size_t which) {
    const auto slot = std::ranges::find(slots_, free);
    if (slot != slots_.end()) {
      *slot = which;
    } else if (slots_.size() == 64) {
      throw std::invalid_argument("history::find_unexplained: at most 64 calls may overlap");
    } else {
      slots_.push_back(which);
    }
  }

  // Whether the call can have been applied by now: before, or now after some of those under way.
  template <class Apply>
  bool end(std::size_t which, Apply& apply) {
    const auto ending = static_cast<std::size_t>(std::ranges::find(slots_, which) - slots_.begin());
    std::set<possibility> reached = possible_;
    std::set<possibility> next;
    std::vector<possibility> left(possible_.begin(), possible_.end());
    while (!left.empty()) {
      const auto [done, state] = std::move(left.back());
      left.pop_back();
      if ((done >> ending & 1) != 0) {
        next.emplace(done & ~(std::uint64_t{1} << ending), state);
        continue;
      }
      for (std::size_t slot = 0; slot != slots_.size(); ++slot) {
        if (slots_[slot] == free || (done >> slot & 1) != 0) continue;
        possibility after{done | std::uint64_t{1} << slot, state};
        if (apply(after.second, calls_[slots_[slot]].operation) && reached.insert(after).second)
          left.push_back(std::move(after));
      }
    }
    slots_[ending] = free;
    possible_ = std::move(next);
    return !possible_.empty();
  }

 private:
  using possibility = std::pair<std::uint64_t, State>;  // which slots' calls have been applied, and the state

  static constexpr std::size_t free = SIZE_MAX;

  std::span<const call<Operation>> calls_;
  std::vector<std::size_t> slots_;  // the calls under way, or free
  std::set<possibility> possible_;
};

}  // namespace detail

// The first call, by its end, up to which no order explains the history; nothing if some order explains all of
// it.
template <class State, class Operation, class Apply>
std::optional<std::size_t> find_unexplained(std::span<const call<Operation>> calls, const State& initial,
                                            Apply&& apply) {
  detail::possibilities<State, Operation> so_far(calls, initial);
  for (const auto& [when, is_end, which] : boundaries_of(calls)) {
    if (!is_end)
      so_far.begin(which);
    else if (!so_far.end(which, apply))
      return which;
  }
  return std::nullopt;
}

}  // namespace history
