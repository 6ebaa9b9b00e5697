// SPDX-License-Identifier: MIT
// What threads asked of a structure and what they were told, with the order of calls and returns: what a
// linearizability check judges (linearizability.hpp).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace verify {

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

// Records the calls of a scenario. Its own moments pass only at begin and end of calls, and it is no part
// of what is checked: it orders nothing between the threads.
//
//   verify::history<queue_operation> told;
//   threads([&] { told.record([&] { return queue_operation{.pushed = 7, .status = queue.try_push(7)}; }); },
//   ...
template <class Operation>
class history {
 public:
  // Makes the call, which returns the operation with its result.
  template <class Call>
  void record(Call&& make) {
    const moment begin = ++now_;
    Operation made = std::forward<Call>(make)();
    calls_.push_back({std::move(made), begin, ++now_});
  }

  const std::vector<call<Operation>>& calls() const noexcept { return calls_; }

 private:
  std::vector<call<Operation>> calls_;
  moment now_ = 0;
};

}  // namespace verify
