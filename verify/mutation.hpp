// SPDX-License-Identifier: MIT
// Tests whether each memory order is needed, and whether the scenarios would notice if it were missing. Each
// order that the scenarios execute is weakened, one at a time; a scenario that then fails has killed that
// mutant. A mutant that survives shows an order that is not needed, or a scenario that is missing.
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
