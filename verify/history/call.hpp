// SPDX-License-Identifier: MIT
// The calls of a history: operations with their results, and when each began and ended. The input of
// linearizability.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace history {

// A time of any unit. Moments are only compared. A call came before another if it ended before the other began;
// at equal moments they overlap.
using moment = std::uint64_t;
inline constexpr moment never = UINT64_MAX;

// An operation with its result, between two moments.
template <class Operation>
struct call {
  Operation operation;
  moment begin;
  moment end;
  std::uint32_t thread = 0;
};

// Where a call begins or ends.
struct boundary {
  moment when;
  bool is_end;
  std::size_t which;  // of the calls
};

// The boundaries of all calls in their order; of the same moment, beginnings first, since such calls overlap.
template <class Operation>
std::vector<boundary> boundaries_of(std::span<const call<Operation>> calls) {
  std::vector<boundary> all;
  for (std::size_t i = 0; i != calls.size(); ++i) {
    all.push_back({calls[i].begin, false, i});
    all.push_back({calls[i].end, true, i});
  }
  std::ranges::sort(all, [](const boundary& a, const boundary& b) {
    return a.when != b.when ? a.when < b.when : a.is_end < b.is_end;
  });
  return all;
}

}  // namespace history
