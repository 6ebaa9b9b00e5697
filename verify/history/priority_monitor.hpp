// SPDX-License-Identifier: MIT
// Judges the history of a priority queue, smallest first, in O(n log n).
//
// Exact for unbounded priority queues, with closing, with or without equal priorities: a fault is found if and
// only if the history is not linearizable. For bounded ones see capacity.hpp.
//
// Values of the worst priority never restrict the others. When one of them is popped, no better value may be
// there: for the better ones, that pop is an answer "empty", which find_false_empty judges exactly, each by
// itself. Without the worst values the history is judged in the same way, and so on to the best. The code goes
// from the best to the worst, and keeps the moments at which some better value was certainly there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <verify/history/capacity.hpp>
#include <verify/history/container_history.hpp>
#include <verify/history/coverage.hpp>
#include <verify/history/fifo_monitor.hpp>

namespace history {

// The order of values of equal priority.
enum class ties : std::uint8_t { any, first_in_first_out };

// Describes the fault, if there is one; as find_fifo_fault. priority_of(value) is of any ordered type; by
// default a value is its own priority.
template <class PriorityOf = std::identity>
std::optional<std::string> find_priority_fault(std::span<const container_call> calls,
                                               PriorityOf priority_of = {}, ties equals = ties::any,
                                               std::size_t capacity = unbounded, bool is_drained = false) {
  auto history = detail::put_together(calls, is_drained);
  if (!history) return history.error();
  std::vector<life>& lives = history->lives;
  const auto priority = [&](const life& l) { return std::invoke(priority_of, l.value); };
  std::ranges::sort(lives, {}, priority);

  coverage better;
  std::vector<life> narrowed;
  for (auto first = lives.begin(); first != lives.end();) {
    const auto last = std::ranges::upper_bound(first, lives.end(), priority(*first), {}, priority);
    narrowed.clear();
    for (const life& l : std::span(first, last)) {
      life& allowed = narrowed.emplace_back(l);
      if (l.pop_begin == never) continue;
      // From the first to the last moment at which it can have been popped; that some in between are not free
      // does not matter.
      allowed.pop_begin = better.first_free(std::max(l.push_begin, l.pop_begin));
      allowed.pop_end = better.last_free(l.pop_end);
      if (allowed.pop_begin > l.pop_end)
        return describe(l) + " came out while something better was always there: " +
               detail::chain(std::span(lives.begin(), first), {std::max(l.push_begin, l.pop_begin), l.pop_end});
    }
    if (equals == ties::first_in_first_out)
      if (auto fault = detail::find_overtaking(narrowed))
        return "of equal priority, in the times that better values left: " + *fault;
    for (const life& l : std::span(first, last)) better.add(l.surely_after(), l.surely_before());
    first = last;
  }
  if (auto fault = detail::find_false_empty(*history)) return fault;
  return detail::find_false_full(*history, capacity);
}

}  // namespace history
