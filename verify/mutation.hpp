// SPDX-License-Identifier: MIT
// Are the memory orders needed, and would the scenarios notice if one were missing? Each order that the
// scenarios pass through is made weaker, one at a time; a scenario that fails then has killed that mutant.
// A mutant that survives is an order nobody needs, or a scenario that nobody wrote.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <verify/orders.hpp>
#include <verify/scenario.hpp>

namespace verify {

struct mutant {
  order_site at;
  std::memory_order weaker;
  std::string killed_by;  // the failure; empty if the mutant survived

  bool survived() const noexcept { return killed_by.empty(); }
};

struct mutation_report {
  std::size_t sites = 0;  // orders above relaxed
  std::vector<mutant> mutants;

  std::size_t killed() const noexcept;
};

std::ostream& operator<<(std::ostream& out, const mutation_report& result);

// Executions for each mutant and scenario.
struct effort {
  std::uint64_t depth_first = 20'000;
  std::uint64_t priorities = 2'000;
  std::uint64_t random = 2'000;
};

// Weakens the orders named in files whose path contains `files`.
mutation_report weaken_orders(std::span<const scenario> scenarios, std::string_view files,
                              const effort& limits = {});

}  // namespace verify
