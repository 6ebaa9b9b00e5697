// SPDX-License-Identifier: MIT
// What pop_any does: looks at a group of queues, takes the first item there is, and waits where there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE::detail {

// A look at the queues of a group in their order, and what it found.
template <class Queues>
class any_item {
 public:
  using value_type = typename Queues::result;

  explicit any_item(Queues queues) : queues_(queues), queue_count_(queues.size()) {}

  // Takes the first item there is. Done also if all queues are closed and drained.
  attempt look() {
    drained_count_ = 0;
    bool contended = false;
    queues_.visit_until([&](auto& queue, auto result_of) {
      auto& items = machinery_of(queue);
      std::optional<typename std::remove_reference_t<decltype(items)>::item_type> item;
      const conqueue_status status = items.try_get(item);
      if (status == conqueue_status::success) value_.emplace(result_of(std::move(queue_value(*item))));
      if (status == conqueue_status::closed) ++drained_count_;
      if (status == conqueue_status::busy) contended = true;
      return status == conqueue_status::success;
    });
    if (value_ || all_closed()) return attempt::done;
    return contended ? attempt::contended : attempt::blocked;
  }

  // As look(), but says blocked only if all queues were empty at the same moment: each was empty when it was
  // looked at, and if nothing was put between the first look and the last, all were at the last.
  attempt look_until_certain() {
    for (;;) {
      const std::uint64_t before = number_of_puts();
      const attempt seen = look();
      if (seen != attempt::blocked || number_of_puts() == before) return seen;
    }
  }

  // Looks until that is done, or the limits end the wait.
  void wait(wait_limits limits) {
    if (look() == attempt::done) return;
    waiting_habit habit;
    try {
      wait_any([&] { return look(); }, limits, pace_of_items, habit, queues_.not_empty());
    } catch (...) {
      hand_on_wakes();
      throw;
    }
    hand_on_wakes();
    if (value_ || all_closed()) return;
    if (limits.stop_requested()) {
      when_nothing_ = conqueue_status::stopped;
    } else if (look_until_certain() == attempt::contended) {
      when_nothing_ = conqueue_status::busy;
    }
  }

  // What was taken, or why nothing was.
  std::optional<value_type> to_optional() noexcept { return std::move(value_); }
  std::expected<value_type, conqueue_status> to_expected() noexcept {
    if (value_) return *std::move(value_);
    return std::unexpected(all_closed() ? conqueue_status::closed : when_nothing_);
  }

 private:
  bool all_closed() const noexcept { return drained_count_ == queue_count_; }

  // Tails only grow, so that their sum stays the same only if each of them does.
  std::uint64_t number_of_puts() const {
    std::uint64_t sum = 0;
    queues_.visit_until([&](auto& queue, auto) {
      sum += machinery_of(queue).store().tail();
      return false;
    });
    return sum;
  }

  // This thread may have used up the wakes of queues that it took nothing from.
  void hand_on_wakes() {
    queues_.visit_until([&](auto& queue, auto) {
      if (!queue.empty()) machinery_of(queue).not_empty().notify_one();
      return false;
    });
  }

  Queues queues_;
  std::size_t queue_count_;
  std::optional<value_type> value_;
  std::size_t drained_count_ = 0;                          // how many, in the last look
  conqueue_status when_nothing_ = conqueue_status::empty;  // if not all are closed
};

}  // namespace PLAIT_NAMESPACE::detail
