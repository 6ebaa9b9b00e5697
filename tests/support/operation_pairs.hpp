// SPDX-License-Identifier: MIT
// Scenarios from a table of operations: every two of them in concurrent threads, from every initial state, and
// every two with a third one that ends the scenario.
//
// A `World` is constructed from an initial state and holds the structure; its operations record their results.
//   let_out()  is called when no thread can continue. It checks that each waiting thread has to wait, and then
//              releases it. So lost wake-ups are found here, although no thread waits for ever.
//   judge()    is called at the end, and checks that some order explains all results.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
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
  int user = 0;                     // if not 0: only one thread makes the operations with this number
};

// The scenarios of one test: an operation with every other one. Copies share them: googletest makes several of
// every row in every process, and most processes run one row of hundreds.
struct row {
  std::string name;
  std::shared_ptr<std::vector<verify::scenario>> scenarios = std::make_shared<std::vector<verify::scenario>>();
};

template <class World, class State>
struct scenarios_of {
  std::span<const State> states;  // each has a name
  std::span<const operation<World>> operations;

  // Two threads: every pair, an operation with itself included.
  std::vector<row> pairs(const verify::options& how = {}) const {
    return rows([&](row& into, const State& from, const operation<World>& a, const operation<World>& b) {
      into.scenarios->push_back({from.name + "_" + a.name + "_" + b.name,
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

  // Three threads: every pair with each of `third`. Threads are interchangeable, so no combination occurs
  // twice.
  std::vector<row> triples(std::span<const operation<World>> third, const verify::options& how = {}) const {
    std::set<std::pair<const State*, std::array<std::string_view, 3>>> taken;
    return rows([&](row& into, const State& from, const operation<World>& a, const operation<World>& b) {
      for (const operation<World>& c : third) {
        if (!may_meet(a, c) || !may_meet(b, c)) continue;
        std::array<std::string_view, 3> three{a.name, b.name, c.name};
        std::ranges::sort(three);
        if (!taken.emplace(&from, three).second) continue;
        into.scenarios->push_back({from.name + "_" + a.name + "_" + b.name + "_" + c.name,
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
        row made{.name = from.name + "_" + operations[a].name};
        for (std::size_t b = a; b != operations.size(); ++b)
          if (may_meet(operations[a], operations[b])) add(made, from, operations[a], operations[b]);
        if (!made.scenarios->empty()) all.push_back(std::move(made));
      }
    }
    return all;
  }
};

// history::is_linearizable, whose own memory is not part of the scenario.
template <class State, class Operation, class Apply>
bool is_explained(std::span<const history::call<Operation>> calls, const State& initial, Apply&& possible) {
  const verify::detail::untracked own;
  return history::is_linearizable(calls, initial, possible);
}

inline void PrintTo(const row& each, std::ostream* out) {
  *out << each.name;
}

// Expects that all scenarios of the row pass, and prints how many executions there were.
inline void expect_sound(const row& each) {
  std::uint64_t executions = 0;
  std::size_t incomplete = 0;
  for (const verify::scenario& scenario : *each.scenarios) {
    const verify::report found = verify::explore(scenario.body, scenario.how);
    figures::add("explore", found, found.passed(), scenario.name);
    EXPECT_TRUE(found) << scenario.name << ": " << found;
    executions += found.executions;
    incomplete += !found.complete;
  }
  std::cout << "             " << each.scenarios->size() << " scenarios, " << executions << " executions";
  if (incomplete != 0) std::cout << ", " << incomplete << " scenarios are not complete";
  std::cout << '\n';
}

}  // namespace model
