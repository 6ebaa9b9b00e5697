// SPDX-License-Identifier: MIT
#include "mutation.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <utility>

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
  const auto explore_briefly = [&](const scenario& each, std::uint64_t part) {
    options how = each.how;
    how.depth_first = limits.depth_first / part;
    how.priorities = limits.priorities / part;
    how.random = limits.random / part;
    how.scaled = false;
    return explore(each.body, how).failure;
  };
  // A scenario can judge only the orders that it executes.
  std::vector<std::pair<order_site, std::vector<const scenario*>>> sites;
  std::map<const scenario*, int> kills;
  for (const scenario& each : scenarios) {
    detail::orders.start_noting();
    explore_briefly(each, 4);
    for (const order_site& at : detail::orders.stop_noting()) {
      if (at.file.find(files) == std::string::npos || at.order == std::memory_order_relaxed) continue;
      const auto known = std::ranges::find(sites, at, &decltype(sites)::value_type::first);
      if (known == sites.end())
        sites.push_back({at, {&each}});
      else
        known->second.push_back(&each);
    }
  }

  mutation_report result;
  result.sites = sites.size();
  for (auto& [at, passed_by] : sites) {
    for (const std::memory_order weaker : weaker_orders(at)) {
      mutant made{at, weaker, {}};
      // An order weaker than one that was too weak is too weak as well.
      for (const mutant& before : result.mutants)
        if (before.at == at && !before.survived() && is_weaker(weaker, before.weaker))
          made.killed_by = before.killed_by;
      detail::orders.weaken(at, weaker);
      // Most mutants die early, by few scenarios: so those that have killed most run first, all run briefly,
      // and only then for long.
      std::ranges::sort(passed_by, {}, [&](const scenario* each) { return std::pair(-kills[each], each); });
      for (const std::uint64_t part : {std::uint64_t{20}, std::uint64_t{1}}) {
        for (const scenario* each : passed_by) {
          if (!made.survived()) break;
          made.killed_by = explore_briefly(*each, part);
          kills[each] += !made.survived();
        }
      }
      detail::orders.restore();
      result.mutants.push_back(std::move(made));
    }
  }
  return result;
}

}  // namespace verify
