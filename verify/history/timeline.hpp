// SPDX-License-Identifier: MIT
// Prints a small history for people: a line for each call, by the time at which it began.
//
//   thread       begin         end  call
//        0           0         120  push 7  |=|
//        1          60         300  push 8   |=|
//        0         310         350  pop 8       ||
//
// The bars show which calls overlap. They are not to scale: each moment at which something begins or ends has
// one column.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>

namespace history {

// describe(operation) names the operation. Of a long history only the last calls are shown.
template <class Operation>
std::string timeline(std::span<const call<Operation>> calls, std::size_t most_lines = 60) {
  if (calls.empty()) return "no calls\n";
  std::vector<call<Operation>> sorted(calls.begin(), calls.end());
  std::ranges::sort(sorted, {}, [](const call<Operation>& c) { return std::pair(c.begin, c.end); });
  const std::size_t hidden = sorted.size() - std::min(sorted.size(), most_lines);
  sorted.erase(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(hidden));

  std::vector<moment> columns;
  std::size_t widest = 4;
  for (const call<Operation>& c : sorted) {
    columns.insert(columns.end(), {c.begin, c.end});
    widest = std::max(widest, describe(c.operation).size());
  }
  std::ranges::sort(columns);
  columns.erase(std::ranges::unique(columns).begin(), columns.end());
  const auto column = [&](moment when) {
    return static_cast<std::size_t>(std::ranges::lower_bound(columns, when) - columns.begin());
  };

  std::ostringstream out;
  if (hidden != 0) out << hidden << " earlier calls are not shown\n";
  out << "thread       begin         end  call\n";
  for (const call<Operation>& c : sorted) {
    const std::size_t from = column(c.begin);
    const std::size_t length = column(c.end) - from;
    out << std::setw(6) << c.thread << std::setw(12) << c.begin << std::setw(12) << c.end << "  " << std::left
        << std::setw(static_cast<int>(widest) + 2) << describe(c.operation) << std::right
        << std::string(from, ' ') << '|' << (length == 0 ? "" : std::string(length - 1, '=') + '|') << '\n';
  }
  return out.str();
}

template <class Operation>
std::string timeline(const std::vector<call<Operation>>& calls) {
  return timeline(std::span<const call<Operation>>(calls));
}

}  // namespace history
