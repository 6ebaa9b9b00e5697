// SPDX-License-Identifier: MIT
// A call of a queue's interface with its answer, and what that answer claims of a sequential queue
// (support/sequential_queue.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/conqueue_status.hpp>

#include <verify/history/call.hpp>
#include <verify/history/linearizability.hpp>

#include "support/sequential_queue.hpp"

namespace stress {

enum class queue_action {
  push,
  push_or_stop,  // push(value, token)
  try_push,
  try_push_for,
  push_n,
  try_push_n,
  pop,
  pop_or_stop,
  try_pop,
  try_pop_for,
  pop_n,
  try_pop_n,
  close,
  close_and_discard,
  request_stop,
  is_closed,
  size,
  empty,
  task_done,
  unfinished_tasks,
  try_join_for,
};

inline constexpr std::size_t longest_batch = 2;

struct queue_operation {
  using batch = std::array<int, longest_batch>;

  queue_action what;
  // Of push and pop too: success or closed. `stopped` of push_or_stop and pop_or_stop means that they have
  // failed; they do not say whether they were stopped or found the queue closed.
  plait::conqueue_status status = plait::conqueue_status::success;
  batch items{};  // what was put or taken
  int asked = 0;  // of a batch: how many were to be put, or could have been taken
  int count = 0;  // the answer, if it is a number; how many of `items` count; for yes or no, 1 or 0
};

// The thousands of an item are its priority, in queues with priorities.
constexpr int priority_of_item(int item) {
  return item / 1000;
}

using queue_call = history::call<queue_operation>;

inline bool is_one_push(queue_action what) {
  return what >= queue_action::push && what <= queue_action::try_push_for;
}
inline bool is_push(queue_action what) {
  return what <= queue_action::try_push_n;
}
inline bool is_one_pop(queue_action what) {
  return what >= queue_action::pop && what <= queue_action::try_pop_for;
}

constexpr const char* name_of(queue_action what) {
  switch (what) {
    case queue_action::push:
      return "push";
    case queue_action::push_or_stop:
      return "push_or_stop";
    case queue_action::try_push:
      return "try_push";
    case queue_action::try_push_for:
      return "try_push_for";
    case queue_action::push_n:
      return "push_n";
    case queue_action::try_push_n:
      return "try_push_n";
    case queue_action::pop:
      return "pop";
    case queue_action::pop_or_stop:
      return "pop_or_stop";
    case queue_action::try_pop:
      return "try_pop";
    case queue_action::try_pop_for:
      return "try_pop_for";
    case queue_action::pop_n:
      return "pop_n";
    case queue_action::try_pop_n:
      return "try_pop_n";
    case queue_action::close:
      return "close";
    case queue_action::close_and_discard:
      return "close_and_discard";
    case queue_action::request_stop:
      return "request_stop";
    case queue_action::is_closed:
      return "is_closed";
    case queue_action::size:
      return "size";
    case queue_action::empty:
      return "empty";
    case queue_action::task_done:
      return "task_done";
    case queue_action::unfinished_tasks:
      return "unfinished_tasks";
    case queue_action::try_join_for:
      return "try_join_for";
  }
  return "?";
}

// As an array in JSON.
inline std::string arguments_of(const queue_operation& made) {
  using enum queue_action;
  const auto& items = made.items;
  if (is_one_push(made.what)) return fmt::format("[{}]", items[0]);
  if (made.what == push_n || made.what == try_push_n)
    return fmt::format("[[{}]]", fmt::join(items.begin(), items.begin() + made.asked, ","));
  if (made.what == pop_n || made.what == try_pop_n) return fmt::format("[{}]", made.asked);
  return "[]";
}

// As a value in JSON: an item, a number, yes or no, a status in words, or null for nothing.
inline std::string answer_of(const queue_operation& made) {
  using enum queue_action;
  const auto& items = made.items;
  const bool is_yes = made.count != 0;
  switch (made.what) {
    case push_n:
    case try_push_n:
    case close_and_discard:
    case size:
    case unfinished_tasks:
      return std::to_string(made.count);
    case pop_n:
    case try_pop_n:
      return fmt::format("[{}]", fmt::join(items.begin(), items.begin() + made.count, ","));
    case is_closed:
    case empty:
    case try_join_for:
      return is_yes ? "true" : "false";
    case task_done:
      return is_yes ? "null" : R"("std::logic_error")";
    case close:
    case request_stop:
      return "null";
    default:
      break;
  }
  const bool is_pop = is_one_pop(made.what);
  if (made.status == plait::conqueue_status::success && is_pop) return std::to_string(items[0]);
  const bool is_either =
      made.status == plait::conqueue_status::stopped && (made.what == push_or_stop || made.what == pop_or_stop);
  return fmt::format("\"{}\"", is_either ? "closed or stopped" : to_string(made.status));
}

// For people.
inline std::string describe(const queue_operation& made) {
  const std::string arguments = arguments_of(made);
  const std::string answer = answer_of(made);
  return fmt::format("{}({}){}", name_of(made.what), arguments.substr(1, arguments.size() - 2),
                     answer == "null" ? "" : ": " + answer);
}

using claim = history::call<model::told>;

// What other threads do during a call: nothing, something but no push, or a push.
enum class company { none, others, pushes };

// Appends to `claims` what the answer claims: nothing (for busy), or several steps, one after the other,
// between which other threads may act.
//
// A push may have taken effect, so that others have seen its item or that it came before a close, and not be
// counted yet: so numbers returned during a push claim less.
inline void add_claims(const queue_call& made, company with, std::vector<claim>& claims) {
  using enum queue_action;
  using said = plait::conqueue_status;
  using kind = model::told::kind;
  const auto& [what, status, items, asked, count] = made.operation;
  const auto add = [&](const model::told& step) {
    claims.push_back({step, made.begin, made.end, made.thread});
  };
  const bool is_yes = count != 0;

  if (is_one_push(what) || is_one_pop(what)) {
    const bool is_push = is_one_push(what);
    if (status == said::busy) return;
    if (status == said::stopped && (what == push_or_stop || what == pop_or_stop))
      return add({.what = is_push ? kind::push_gives_up : kind::pop_gives_up});
    if (status == said::stopped) return add({.what = kind::stopped});
    return add({.what = is_push ? kind::push : kind::pop, .item = items[0], .status = status});
  }
  switch (what) {
    case push_n:
    case try_push_n:
      for (int i = 0; i != count; ++i) add({.what = kind::push, .item = items[static_cast<std::size_t>(i)]});
      if (what == push_n && count != asked) add({.what = kind::push, .status = said::closed});
      return;
    case pop_n:
    case try_pop_n:
      for (int i = 0; i != count; ++i) add({.what = kind::pop, .item = items[static_cast<std::size_t>(i)]});
      if (what == pop_n && count == 0) add({.what = kind::pop, .status = said::closed});
      return;
    case close:
      return add({.what = kind::close});
    case close_and_discard:
      add({.what = kind::close});
      for (int i = 0; i != count; ++i) {
        add({.what = kind::pop, .item = model::told::any});
        add({.what = kind::task_done});
      }
      return add({.what = kind::pop, .status = said::closed});
    case request_stop:
      return add({.what = kind::request_stop});
    case is_closed:
      return add({.what = kind::is_closed, .yes = is_yes});
    case size:
      return add({.what = with == company::none ? kind::size : kind::size_in_range, .item = count});
    case empty:
      if (is_yes && with != company::pushes) add({.what = kind::empty});
      return;
    case task_done:
      if (is_yes || with != company::pushes) add({.what = kind::task_done, .yes = is_yes});
      return;
    case unfinished_tasks:
      if (with == company::none) return add({.what = kind::unfinished, .item = count});
      if (count == 0 && with != company::pushes) add({.what = kind::joined});
      return;
    case try_join_for:
      if (is_yes && with != company::pushes) add({.what = kind::joined});
      return;
    default:
      return;
  }
}

// The claims of all calls of a history, which are given thread by thread.
inline std::vector<claim> claims_of(std::span<const queue_call> calls) {
  std::vector<claim> claims;
  claims.reserve(2 * calls.size());
  for (const queue_call& each : calls) {
    company with = company::none;
    if (each.operation.what >= queue_action::is_closed)
      for (const queue_call& other : calls)
        if (other.thread != each.thread && other.begin <= each.end && each.begin <= other.end)
          with = std::max(with, is_push(other.operation.what) ? company::pushes : company::others);
    add_claims(each, with, claims);
  }
  return claims;
}

// Whether there is an order in which a sequential queue, empty at first, would have given all these answers.
// Each thread's claims are in the order in which it made them.
template <class Order>
bool can_be_explained(std::span<const claim> claims, std::size_t capacity) {
  // By end, which is nearly the order that the search looks for, so that it seldom backtracks.
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(claims[i].end, i); });
  std::vector<claim> by_end;
  by_end.reserve(claims.size());
  for (const std::size_t i : order) by_end.push_back(claims[i]);
  return history::is_linearizable(
      std::span<const claim>(by_end), model::sequential_queue<Order>{capacity}, model::is_possible<Order>,
      [](const claim& a, const claim& b) { return a.thread == b.thread ? &a < &b : a.end < b.begin; });
}

}  // namespace stress
