// SPDX-License-Identifier: MIT
// Scenarios from a table of operations: every two of them side by side, from every initial state, and every
// two with a third one that ends it all.
//
// A structure is shown as a `World`: made from an initial state, it holds the structure, and its operations
// keep a record of what they were told.
//   let_out()  is called when no thread can go on. Whoever waits must be right to wait; then it is set free.
//              So a wake-up that is lost is found here, although nobody waits for ever.
//   judge()    at the end: can all this be explained?
#pragma once

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <verify/history/linearizability.hpp>
#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace model {

template <class World>
struct operation {
  std::string name;
  void (World::*call)(int thread);  // 1, 2 or 3
  int user = 0;                     // if it is not 0: one thread at a time does what has this number
};

// The scenarios of one test: an operation with every other one.
struct row {
  std::string name;
  std::vector<verify::scenario> scenarios;
};

template <class World, class State>
struct scenarios_of {
  std::span<const State> states;  // each has a name
  std::span<const operation<World>> operations;

  // Two threads: every pair, an operation with itself included.
  std::vector<row> pairs(const verify::options& how = {}) const {
    return rows([&](row& into, const State& from, const operation<World>& a, const operation<World>& b) {
      into.scenarios.push_back({from.name + "_" + a.name + "_" + b.name,
                                [&from, &a, &b] {
                                  World in(from);
                                  verify::threads_until_standstill([&] { in.let_out(); },
                                                                   [&] { (in.*a.call)(1); },
                                                                   [&] { (in.*b.call)(2); });
                                  in.judge();
                                },
                                how});
    });
  }

  // Three threads: every pair, and each of `third`. No thread is special, so no three are taken twice.
  std::vector<row> triples(std::span<const operation<World>> third, const verify::options& how = {}) const {
    std::set<std::vector<std::string>> taken;
    return rows([&](row& into, const State& from, const operation<World>& a, const operation<World>& b) {
      for (const operation<World>& c : third) {
        if (!may_meet(a, c) || !may_meet(b, c)) continue;
        std::vector<std::string> three{a.name, b.name, c.name};
        std::ranges::sort(three);
        three.push_back(from.name);
        if (!taken.insert(std::move(three)).second) continue;
        into.scenarios.push_back({from.name + "_" + a.name + "_" + b.name + "_" + c.name,
                                  [&from, &a, &b, &c] {
                                    World in(from);
                                    verify::threads_until_standstill(
                                        [&] { in.let_out(); }, [&] { (in.*a.call)(1); },
                                        [&] { (in.*b.call)(2); }, [&] { (in.*c.call)(3); });
                                    in.judge();
                                  },
                                  how});
      }
    });
  }

 private:
  static bool may_meet(const operation<World>& a, const operation<World>& b) {
    return a.user == 0 || a.user != b.user;
  }

  template <class AddScenario>
  std::vector<row> rows(AddScenario add) const {
    std::vector<row> all;
    for (const State& from : states) {
      for (std::size_t a = 0; a != operations.size(); ++a) {
        row made{from.name + "_" + operations[a].name, {}};
        for (std::size_t b = a; b != operations.size(); ++b)
          if (may_meet(operations[a], operations[b])) add(made, from, operations[a], operations[b]);
        if (!made.scenarios.empty()) all.push_back(std::move(made));
      }
    }
    return all;
  }
};

// history::is_linearizable, whose own memory is no part of the scenario.
template <class State, class Operation, class Apply>
bool is_explained(std::span<const history::call<Operation>> calls, const State& initial, Apply&& possible) {
  const verify::detail::untracked own;
  return history::is_linearizable(calls, initial, possible);
}

inline void PrintTo(const row& each, std::ostream* out) {
  *out << each.name;
}

// All of them, and how many executions that were.
inline void expect_sound(const row& each) {
  std::uint64_t executions = 0;
  std::size_t incomplete = 0;
  for (const verify::scenario& scenario : each.scenarios) {
    const verify::report found = verify::explore(scenario.body, scenario.how);
    figures::add("explore", found, found.passed(), scenario.name);
    EXPECT_TRUE(found) << scenario.name << ": " << found;
    executions += found.executions;
    incomplete += !found.complete;
  }
  std::cout << "             " << each.scenarios.size() << " scenarios, " << executions << " executions";
  if (incomplete != 0) std::cout << ", " << incomplete << " scenarios are not complete";
  std::cout << '\n';
}

}  // namespace model
