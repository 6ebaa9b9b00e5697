// SPDX-License-Identifier: MIT
// A sequential queue: which results each call may have.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>

#include <plait/conqueue_status.hpp>

#include "support/item_order.hpp"

namespace model {

inline constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// A queue as documented, for one thread at a time.
template <class Order>
struct sequential_queue {
  std::size_t capacity;
  typename Order::items items{};
  std::size_t put = 0;
  std::size_t done = 0;
  bool closed = false;
  bool stop_requested = false;
  std::uint32_t steps = 0;  // those of compound operations that were done

  auto operator<=>(const sequential_queue&) const = default;

  bool is_full() const { return items.size() == capacity; }
};

// A call and its result. `waits`: the call is under way. `gives_up`: a stop request could end the call, and its
// result does not say what did.
struct told {
  using conqueue_status = plait::conqueue_status;
  enum class kind {
    push,
    pop,
    close,
    is_closed,
    empty,
    size,
    size_at_least,
    size_in_range,
    task_done,
    unfinished,
    joined,
    request_stop,
    stopped,
    push_gives_up,
    pop_gives_up,
    push_waits,
    pop_waits,
    join_waits
  };

  static constexpr int any = -1;

  kind what;
  int item = 0;  // or the size, or how many are unfinished
  conqueue_status status = conqueue_status::success;
  bool yes = true;
  std::uint32_t step = 0;   // a bit for each step of a compound operation
  std::uint32_t after = 0;  // the steps before it
};

// The results of push() and pop(), or try_pop().
inline told pushed(int item, bool success) {
  return {.what = told::kind::push,
          .item = item,
          .status = success ? plait::conqueue_status::success : plait::conqueue_status::closed};
}
inline told popped(const std::optional<int>& got) {
  return {.what = told::kind::pop,
          .item = got.value_or(0),
          .status = got ? plait::conqueue_status::success : plait::conqueue_status::closed};
}
inline told popped(const std::expected<int, plait::conqueue_status>& got) {
  return {.what = told::kind::pop,
          .item = got.value_or(0),
          .status = got ? plait::conqueue_status::success : got.error()};
}

template <class Order>
bool is_possible(sequential_queue<Order>& queue, const told& of) {
  using enum told::kind;
  using plait::conqueue_status;
  if ((queue.steps & of.after) != of.after) return false;
  queue.steps |= of.step;
  switch (of.what) {
    case push:
      if (of.status == conqueue_status::closed) return queue.closed;
      if (of.status == conqueue_status::full) return !queue.closed && queue.is_full();
      if (queue.closed || queue.is_full()) return false;
      Order::put(queue.items, of.item);
      ++queue.put;
      return true;
    case pop:
      if (of.status == conqueue_status::closed) return queue.closed && queue.items.empty();
      if (of.status == conqueue_status::empty) return !queue.closed && queue.items.empty();
      if (queue.items.empty()) return false;
      if (of.item != told::any) return Order::take(queue.items, of.item);
      Order::take_next(queue.items);
      return true;
    case close:
      queue.closed = true;
      return true;
    case is_closed:
      return queue.closed == of.yes;
    case empty:
      return !of.yes || queue.items.empty();
    case size:
      return queue.items.size() == static_cast<std::size_t>(of.item);
    case size_at_least:
      return queue.items.size() <= static_cast<std::size_t>(of.item);
    case size_in_range:
      return static_cast<std::size_t>(of.item) <= queue.capacity;
    case task_done:
      if (!of.yes) return queue.done == queue.put;
      return queue.done++ != queue.put;
    case unfinished:
      return queue.put - queue.done == static_cast<std::size_t>(of.item);
    case joined:
      return queue.done == queue.put;
    case request_stop:
      queue.stop_requested = true;
      return true;
    case stopped:
      return queue.stop_requested;
    case push_gives_up:
      return queue.closed || queue.stop_requested;
    case pop_gives_up:
      return (queue.closed && queue.items.empty()) || queue.stop_requested;
    case push_waits:
      return !queue.closed && queue.is_full();
    case pop_waits:
      return !queue.closed && queue.items.empty();
    case join_waits:
      return queue.done != queue.put;
  }
  return false;
}

}  // namespace model
