// SPDX-License-Identifier: MIT
// What threads asked of a structure and what they were told, with the order of calls and returns: what a
// linearizability check judges (linearizability.hpp).
#pragma once

#include <cstdint>

namespace history {

// A time of any unit. Moments are only compared: a call came before another if it ended before, not when, the
// other began.
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
