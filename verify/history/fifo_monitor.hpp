// SPDX-License-Identifier: MIT
// Judges the history of a first-in, first-out queue, in O(n log n).
//
// Exact for unbounded queues, with closing: a fault is found if and only if the history is not linearizable.
// For bounded ones see capacity.hpp.
//
// Two values are out of order if one's push ended before the other's began, and its pop began after the other's
// ended. If no two values are, there is an order for all: "pushed before" and "popped before" are interval
// orders, so a longer cycle of values would contain a cycle of two. (Henzinger, Sezgin and Vafeiadis 2013.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <verify/history/capacity.hpp>
#include <verify/history/container_history.hpp>

namespace history {

namespace detail {

inline std::optional<std::string> find_overtaking(std::span<life> lives) {
  struct gone {
    moment push_end;
    moment pop_begin;
    std::uint64_t value;
  };
  std::vector<gone> by_push_end;
  by_push_end.reserve(lives.size());
  for (const life& l : lives) by_push_end.push_back({l.push_end, l.pop_begin, l.value});
  std::ranges::sort(by_push_end, {}, &gone::push_end);
  std::ranges::sort(lives, {}, &life::push_begin);
  const gone* latest = nullptr;  // among those whose push has ended, the one whose pop began last
  auto next = by_push_end.cbegin();
  for (const life& l : lives) {
    for (; next != by_push_end.cend() && next->push_end < l.push_begin; ++next)
      if (latest == nullptr || next->pop_begin > latest->pop_begin) latest = &*next;
    if (latest == nullptr || l.pop_end >= latest->pop_begin) continue;
    return describe(l) + " overtook " + describe(*std::ranges::find(lives, latest->value, &life::value));
  }
  return std::nullopt;
}

}  // namespace detail

// Describes the fault, if there is one. `is_drained` says that the container is empty at the end of the
// history, so that every value must have been popped.
inline std::optional<std::string> find_fifo_fault(std::span<const container_call> calls,
                                                  std::size_t capacity = unbounded, bool is_drained = false) {
  auto history = detail::put_together(calls, is_drained);
  if (!history) return history.error();
  if (auto fault = detail::find_overtaking(history->lives)) return fault;
  if (auto fault = detail::find_false_empty(*history)) return fault;
  return detail::find_false_full(*history, capacity);
}

}  // namespace history
