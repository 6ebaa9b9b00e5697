// SPDX-License-Identifier: MIT
// The history of a scenario, execution by execution.
#pragma once

#include <concepts>
#include <span>
#include <utility>

#include <verify/execution.hpp>
#include <verify/history/call.hpp>

namespace verify {

// Records the calls of a scenario. It is no part of what is checked: it orders nothing between the threads.
// A call lasts from its first step to its last: if the order of two calls can be told at all, it is told.
//
//   verify::scenario_history<queue_operation> told;
//   threads([&] { told.record([&] { return queue_operation{.pushed = 7, .status = queue.try_push(7)}; }); },
//   ...
template <class Operation>
class scenario_history {
 public:
  // Makes the call, which returns the operation with its result; or a range of those that it amounts to.
  template <class Call>
  void record(Call&& make) {
    detail::execution& now = *detail::execution::current();
    now.begin_call();
    auto made = std::forward<Call>(make)();
    const auto [begin, end] = now.end_call();
    if constexpr (std::same_as<decltype(made), Operation>) {
      calls_.push_back({std::move(made), begin, end});
    } else {
      for (Operation& each : made) calls_.push_back({std::move(each), begin, end});
    }
  }

  std::span<const history::call<Operation>> calls() const noexcept { return calls_; }

 private:
  detail::list<history::call<Operation>> calls_;
};

}  // namespace verify
