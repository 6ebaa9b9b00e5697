// SPDX-License-Identifier: MIT
#include "mutation.hpp"

#include <algorithm>
#include <ostream>

#include "trace.hpp"

namespace verify {

std::size_t mutation_report::killed() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(mutants, [](const mutant& each) { return !each.survived(); }));
}

std::ostream& operator<<(std::ostream& out, const mutation_report& result) {
  out << result.sites << " orders, " << result.mutants.size() << " mutants, " << result.killed() << " killed";
  for (const mutant& each : result.mutants)
    if (each.survived())
      out << "\n  survived: " << to_string(each.at) << " -> " << to_string(each.weaker) << "   "
          << source_line(each.at.file, each.at.line);
  return out;
}

mutation_report weaken_orders(std::span<const scenario> scenarios, std::string_view files,
                              const effort& limits) {
  const auto explore_briefly = [&](const scenario& each) {
    options how = each.how;
    how.depth_first = limits.depth_first;
    how.priorities = limits.priorities;
    how.random = limits.random;
    how.scaled = false;
    return explore(each.body, how).failure;
  };
  detail::orders.start_noting();
  for (const scenario& each : scenarios) explore_briefly(each);
  std::vector<order_site> sites = detail::orders.stop_noting();
  std::erase_if(sites, [&](const order_site& each) {
    return each.file.find(files) == std::string::npos || each.order == std::memory_order_relaxed;
  });

  mutation_report result;
  result.sites = sites.size();
  for (const order_site& at : sites) {
    for (const std::memory_order weaker : weaker_orders(at)) {
      mutant made{at, weaker, {}};
      // Whatever is weaker than an order that was too weak is too weak as well.
      for (const mutant& before : result.mutants)
        if (before.at == at && !before.survived() && is_weaker(weaker, before.weaker))
          made.killed_by = before.killed_by;
      detail::orders.weaken(at, weaker);
      for (const scenario& each : scenarios) {
        if (!made.survived()) break;
        made.killed_by = explore_briefly(each);
      }
      detail::orders.restore();
      result.mutants.push_back(std::move(made));
    }
  }
  return result;
}

}  // namespace verify
