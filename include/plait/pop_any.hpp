// SPDX-License-Identifier: MIT
// pop_any(queue, queue, ...): an item of whichever of these queues has one.
//
// Use it when one thread serves several queues: work and commands, fast lane and slow lane, several streams.
// Use a single queue of std::variant where you can: it keeps one order, and costs less.
//
//   operation          progress                              order                        complexity  memory
//   pop_any            blocks while all are empty            the first queue that has     O(queues)   none
//                                                            an item, in the order given
//   try_pop_any        as try_pop                            as above                     O(queues)   none
//   try_pop_any_for    as pop_any; gives up at a deadline    as above                     O(queues)   none
//   The result is a std::variant with one alternative for each queue: index() says whose item it is.
//   A queue that is never empty starves those named after it.
//   Before Linux 5.16 a wait at several queues looks again every millisecond instead of sleeping.
//
//   try_ calls say empty only if all the queues were so at one moment during the call.
//
// Exceptions: what a queue's pop throws; nothing is taken then.
//
//   plait::bounded_queue<std::string> commands(4);
//   plait::bounded_queue<int> work(64);
//   std::jthread boss([&] {
//     for (int i = 1; i <= 100; ++i) work.push(i);
//     commands.push("and that is all");
//     work.close(), commands.close();
//   });
//   int sum = 0;
//   while (auto item = plait::pop_any(commands, work))  // nothing once all are closed and drained
//     if (item->index() == 1) sum += std::get<1>(*item);
//
// A file descriptor takes part if a thread reads it and pushes what comes into a queue: see docs/using.md.
// The queues: any of plait's, 1 to 16 of them, with elements whose move cannot throw.
// Algorithm: each queue's event count is entered, then one futex call sleeps on all of them. Design note:
// docs/structures/pop_any.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <plait/concurrent_queue.hpp>
#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// 1 to 16 queues of plait, with elements whose move cannot throw.
template <class... Queues>
concept queues_to_wait_at =
    sizeof...(Queues) >= 1 && sizeof...(Queues) <= 16 && (... && concurrent_queue<Queues>) &&
    (... && std::is_nothrow_move_constructible_v<typename Queues::value_type>);

namespace detail {

// Looks at all the queues, in their order, and what that found.
template <class... Queues>
class any_item {
 public:
  using value_type = std::variant<typename Queues::value_type...>;

  explicit any_item(Queues&... queues) noexcept : queues_(queues...) {}

  attempt look() {
    drained_count_ = 0;
    bool contended = false;
    const auto takes = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      auto& items = machinery_of(std::get<Index>(queues_));
      std::optional<typename std::remove_reference_t<decltype(items)>::item_type> item;
      const conqueue_status status = items.try_get(item);
      if (status == conqueue_status::success)
        value.emplace(std::in_place_index<Index>, std::move(queue_value(*item)));
      if (status == conqueue_status::closed) ++drained_count_;
      if (status == conqueue_status::busy) contended = true;
      return status == conqueue_status::success;
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (void)(... || takes(std::integral_constant<std::size_t, Index>()));
    }(std::index_sequence_for<Queues...>());
    if (value || all_closed()) return attempt::done;
    return contended ? attempt::contended : attempt::blocked;
  }

  // As look(), but says blocked only if all queues were empty at the same moment: each was empty when it was
  // looked at, and if nothing was put between the first look and the last, all were at the last.
  attempt look_until_certain() {
    for (;;) {
      const auto before = numbers_of_puts();
      const attempt seen = look();
      if (seen != attempt::blocked || numbers_of_puts() == before) return seen;
    }
  }

  void wait(wait_limits limits) {
    if (look() == attempt::done) return;
    try {
      std::apply(
          [&](Queues&... queues) {
            wait_any([&] { return look(); }, limits, pace_of_items, machinery_of(queues).not_empty()...);
          },
          queues_);
    } catch (...) {
      hand_on_wakes();
      throw;
    }
    hand_on_wakes();
    if (value || all_closed()) return;
    if (limits.stop != nullptr && limits.stop->stop_requested()) {
      when_nothing_ = conqueue_status::stopped;
    } else if (look_until_certain() == attempt::contended) {
      when_nothing_ = conqueue_status::busy;
    }
  }

  bool all_closed() const noexcept { return drained_count_ == sizeof...(Queues); }

  std::expected<value_type, conqueue_status> to_expected() noexcept {
    if (value) return *std::move(value);
    return std::unexpected(all_closed() ? conqueue_status::closed : when_nothing_);
  }

  std::optional<value_type> value;

 private:
  auto numbers_of_puts() const noexcept {
    return std::apply([](Queues&... queues) { return std::tuple(machinery_of(queues).store().tail()...); },
                      queues_);
  }

  // This thread may have used up the wakes of queues that it took nothing from.
  void hand_on_wakes() noexcept {
    std::apply(
        [](Queues&... queues) {
          ((queues.empty() ? void() : machinery_of(queues).not_empty().notify_one()), ...);
        },
        queues_);
  }

  std::tuple<Queues&...> queues_;
  std::size_t drained_count_ = 0;  // how many, in the last look
  conqueue_status when_nothing_ = conqueue_status::empty;
};

}  // namespace detail

// Waits until one of the queues has an item; nothing once all are closed and drained.
template <class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::optional<std::variant<typename Queues::value_type...>> pop_any(Queues&... queues) {
  detail::any_item<Queues...> item(queues...);
  item.wait({});
  return std::move(item.value);
}

// As above, and the wait also ends, with nothing, when a stop is requested.
template <class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::optional<std::variant<typename Queues::value_type...>> pop_any(const std::stop_token& stop,
                                                                                  Queues&... queues) {
  detail::any_item<Queues...> item(queues...);
  item.wait({detail::deadline::never(), &stop});
  return std::move(item.value);
}

// Without waiting: an item; or empty (or busy, as try_pop), or closed, if all are closed and drained.
template <class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::expected<std::variant<typename Queues::value_type...>, conqueue_status> try_pop_any(
    Queues&... queues) {
  detail::any_item<Queues...> item(queues...);
  if (item.look_until_certain() == detail::attempt::contended) return std::unexpected(conqueue_status::busy);
  return item.to_expected();
}

// Until the deadline: an item, empty (or busy, as try_pop_for) or closed.
template <class Rep, class Period, class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::expected<std::variant<typename Queues::value_type...>, conqueue_status> try_pop_any_for(
    const std::chrono::duration<Rep, Period>& wait, Queues&... queues) {
  detail::any_item<Queues...> item(queues...);
  item.wait({detail::deadline::after(wait), nullptr});
  return item.to_expected();
}
template <class Clock, class Duration, class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::expected<std::variant<typename Queues::value_type...>, conqueue_status> try_pop_any_until(
    const std::chrono::time_point<Clock, Duration>& when, Queues&... queues) {
  detail::any_item<Queues...> item(queues...);
  item.wait({detail::deadline::at(when), nullptr});
  return item.to_expected();
}

}  // namespace PLAIT_NAMESPACE
