// SPDX-License-Identifier: MIT
// The calls of a history: operations with their results, and when each began and ended. The input of
// linearizability.hpp.
#pragma once

#include <cstdint>

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

}  // namespace history
