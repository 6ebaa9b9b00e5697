// SPDX-License-Identifier: MIT
// The history of a scenario, execution by execution.
#pragma once

#include <concepts>
#include <span>
#include <utility>

#include <verify/execution.hpp>
#include <verify/history/linearizability.hpp>

namespace verify {

// Records the calls of a scenario. Recording is not checked, and orders nothing between the threads.
//
// One call comes before another if its last step happens before the first step of the other, or if all threads
// stood still in between (threads_until_standstill). That the scheduler ran its steps earlier does not count:
// no thread could observe that, and real machines do not keep the order of operations that nothing else orders.
//
//   verify::scenario_history<queue_operation> told;
//   threads([&] { told.record([&] { return queue_operation{.pushed = 7, .status = queue.try_push(7)}; }); },
//   ...
//   check(told.is_linearizable(sequential_queue(), apply));
template <class Operation>
class scenario_history {
 public:
  // Makes the call, which returns the operation with its result, or a range of operations for a batch.
  template <class Call>
  void record(Call&& make) {
    detail::execution& now = *detail::execution::current();
    const detail::execution::call_begin begin = now.begin_call();
    auto made = std::forward<Call>(make)();
    const detail::execution::call_end end = now.end_call(begin);
    if (calls_.empty()) calls_.reserve(12);  // most histories are no longer, and each execution has one
    if constexpr (std::same_as<decltype(made), Operation>) {
      calls_.push_back({std::move(made), begin, end});
    } else {
      for (Operation& each : made) calls_.push_back({std::move(each), begin, end});
    }
  }

  // Whether some order of the calls explains what they returned. As in history/linearizability.hpp.
  template <class State, class Apply>
  bool is_linearizable(const State& initial, Apply&& apply) const {
    const detail::untracked own;
    return history::is_linearizable(std::span<const call>(calls_), initial, std::forward<Apply>(apply),
                                    [](const call& a, const call& b) { return a.end.is_before(b.begin); });
  }

 private:
  struct call {
    Operation operation;
    detail::execution::call_begin begin;
    detail::execution::call_end end;
  };

  detail::list<call> calls_;
};

}  // namespace verify
