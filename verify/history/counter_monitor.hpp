// SPDX-License-Identifier: MIT
// Judges the history of a counter, in O(n log n).
//
// Exact if all adds add the same number and there is no exchange: a fault is found if and only if the history
// is not linearizable. Otherwise sound but not complete. It then checks what counters spread over several cells
// promise: each result lies between the bounds set by the calls that had ended and by those that had begun
// (intermediate value linearizability, Rinberg and Keidar 2020), and sums that only grow never shrink. An exact
// check would have to solve subset sum. (tests/verify/monitors.test.cpp counts how often it makes a
// difference.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>
#include <verify/history/container_history.hpp>

namespace history {

enum class counter_action : std::uint8_t { added, read, exchanged };

struct counter_operation {
  counter_action what;
  std::int64_t value = 0;   // added, or stored by an exchange
  std::int64_t result = 0;  // of read and exchanged
};

using counter_call = call<counter_operation>;

inline std::string describe(const counter_operation& operation) {
  const std::string value = std::to_string(operation.value);
  const std::string result = std::to_string(operation.result);
  switch (operation.what) {
    case counter_action::added:
      return "add " + value;
    case counter_action::read:
      return "read: " + result;
    case counter_action::exchanged:
      return "exchange for " + value + ": " + result;
  }
  return "?";
}

namespace detail {

inline std::string describe(const counter_call& c) {
  return history::describe(c.operation) + " " + interval(c.begin, c.end);
}

// The sums of the increases and of the decreases by calls that have begun, or ended, at a moment.
class sums {
 public:
  void add(moment when, std::int64_t change) {
    steps_.push_back({when, std::max<std::int64_t>(change, 0), std::min<std::int64_t>(change, 0)});
  }
  void build() {
    std::ranges::sort(steps_, {}, &step::when);
    for (std::size_t i = 1; i < steps_.size(); ++i) {
      steps_[i].up += steps_[i - 1].up;
      steps_[i].down += steps_[i - 1].down;
    }
  }
  std::pair<std::int64_t, std::int64_t> before(moment when) const {
    return at(std::ranges::lower_bound(steps_, when, {}, &step::when));
  }
  std::pair<std::int64_t, std::int64_t> until(moment when) const {
    return at(std::ranges::upper_bound(steps_, when, {}, &step::when));
  }

 private:
  struct step {
    moment when;
    std::int64_t up;
    std::int64_t down;
  };
  std::pair<std::int64_t, std::int64_t> at(std::vector<step>::const_iterator after) const {
    if (after == steps_.begin()) return {0, 0};
    return {std::prev(after)->up, std::prev(after)->down};
  }
  std::vector<step> steps_;
};

inline std::optional<std::string> find_out_of_bounds(std::span<const counter_call> calls,
                                                     std::int64_t initial) {
  using enum counter_action;
  // An exchange adds what it stores minus what it returns.
  const auto change = [](const counter_operation& o) { return o.what == read ? 0 : o.value - o.result; };
  sums begun;
  sums ended;
  for (const counter_call& c : calls) {
    if (c.operation.what == read) continue;
    begun.add(c.begin, change(c.operation));
    ended.add(c.end, change(c.operation));
  }
  begun.build();
  ended.build();
  for (const counter_call& c : calls) {
    if (c.operation.what == added) continue;
    const auto [up_begun, down_begun] = begun.until(c.end);
    const auto [up_ended, down_ended] = ended.before(c.begin);
    const std::int64_t own = change(c.operation);
    const std::int64_t least = initial + up_ended + down_begun - std::min<std::int64_t>(own, 0);
    const std::int64_t most = initial + up_begun + down_ended - std::max<std::int64_t>(own, 0);
    if (c.operation.result < least || c.operation.result > most)
      return describe(c) + ", and the counter was between " + std::to_string(least) + " and " +
             std::to_string(most);
  }
  return std::nullopt;
}

// `calls` are reads, with adds that never make the number smaller among them.
inline std::optional<std::string> find_shrinking(std::span<const counter_call> calls) {
  std::vector<const counter_call*> by_begin;
  for (const counter_call& c : calls)
    if (c.operation.what == counter_action::read) by_begin.push_back(&c);
  std::vector<const counter_call*> by_end = by_begin;
  std::ranges::sort(by_begin, {}, &counter_call::begin);
  std::ranges::sort(by_end, {}, &counter_call::end);
  const counter_call* most = nullptr;  // the read with the largest result, of those that had ended
  auto next = by_end.begin();
  for (const counter_call* c : by_begin) {
    for (; next != by_end.end() && (*next)->end < c->begin; ++next)
      if (most == nullptr || (*next)->operation.result > most->operation.result) most = *next;
    if (most != nullptr && most->operation.result > c->operation.result)
      return describe(*c) + " came after " + describe(*most);
  }
  return std::nullopt;
}

// `calls` are adds of 1, and reads whose results are within bounds and do not shrink. The k-th add must take
// effect after all reads of less than k began, and before any read of k or more ended. Both limits grow with k.
// So it suffices to find for each k an add of its own that was under way between the limits. Of several, the
// one that ends first is right, because it is of least use to a later k.
inline std::optional<std::string> find_misfit(std::vector<counter_call> calls) {
  const auto adds_end = std::ranges::partition(calls, [](const counter_call& c) {
                          return c.operation.what == counter_action::added;
                        }).begin();
  const std::span adds(calls.begin(), adds_end);
  const std::span reads(adds_end, calls.end());
  std::ranges::sort(adds, {}, &counter_call::begin);
  std::ranges::sort(reads, {}, [](const counter_call& c) { return c.operation.result; });
  std::vector<moment> first_end(reads.size() + 1, never);  // of this read and those with larger results
  for (std::size_t i = reads.size(); i-- != 0;) first_end[i] = std::min(first_end[i + 1], reads[i].end);

  std::priority_queue<moment, std::vector<moment>, std::greater<>> under_way;  // ends of adds
  moment after = 0;
  auto more = reads.begin();  // the first read of k or more
  auto next = adds.begin();
  for (std::int64_t k = 1; k <= std::ssize(adds); ++k) {
    for (; more != reads.end() && more->operation.result < k; ++more) after = std::max(after, more->begin);
    const moment before = first_end[static_cast<std::size_t>(more - reads.begin())];
    for (; next != adds.end() && next->begin <= before; ++next) under_way.push(next->end);
    if (under_way.empty() || under_way.top() < after)
      return "no order of adds explains the reads around " + std::to_string(k) + ": number " +
             std::to_string(k) + " must have happened in " + interval(after, before);
    under_way.pop();
  }
  return std::nullopt;
}

}  // namespace detail

// Describes the fault, if there is one. Sums must stay within 64 bits.
inline std::optional<std::string> find_counter_fault(std::span<const counter_call> calls,
                                                     std::int64_t initial = 0) {
  using enum counter_action;
  if (auto fault = detail::find_out_of_bounds(calls, initial)) return fault;
  bool is_one_step = true;
  bool only_grows = true;
  std::int64_t step = 0;
  for (const counter_call& c : calls) {
    if (c.operation.what == exchanged) return std::nullopt;
    if (c.operation.what == read) continue;
    is_one_step = is_one_step && (step == 0 || c.operation.value == step) && c.operation.value != 0;
    only_grows = only_grows && c.operation.value >= 0;
    step = c.operation.value;
  }
  if (only_grows)
    if (auto fault = detail::find_shrinking(calls)) return fault;
  if (!is_one_step || step == 0) return std::nullopt;
  std::vector<counter_call> unit(calls.begin(), calls.end());
  for (counter_call& c : unit) {
    if (c.operation.what == added) continue;
    if ((c.operation.result - initial) % step != 0)
      return detail::describe(c) + ", and only multiples of " + std::to_string(step) + " were added to " +
             std::to_string(initial);
    c.operation.result = (c.operation.result - initial) / step;
  }
  if (auto fault = detail::find_shrinking(unit)) return fault;  // also if the step is negative
  return detail::find_misfit(std::move(unit));
}

}  // namespace history
