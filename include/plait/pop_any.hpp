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
//   The queues are named one by one, or are in a range: queues of one type, or pointers or
//   std::reference_wrappers to them, as many as there are. A wait at a range allocates 24 bytes for each queue;
//   nothing else allocates.
//   The result for named queues is a std::variant with one alternative for each: index() says whose item it is.
//   For a range it is an item_from, whose members are index and value. No queues at all count as closed.
//   A queue that is never empty starves those after it.
//   Before Linux 5.16, or at more than 128 queues, a wait at several looks again every millisecond instead of
//   sleeping.
//
//   try_ calls say empty only if all the queues were so at one moment during the call.
//
// Exceptions: what a queue's pop throws; for a range also std::bad_alloc and, if it holds a null pointer,
// std::invalid_argument. Nothing is taken then.
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
// File descriptors and queues in one loop: readiness_fd, or a thread that reads and pushes: see docs/using.md.
// The queues: any of plait's, 1 to 16 of them by name or any number in a range, with elements whose move cannot
// throw.
// Algorithm: each queue's event count is entered, then one futex call sleeps on all of them. Design note:
// docs/structures/pop_any.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

#include <plait/concurrent_queue.hpp>
#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/any_item.hpp>
#include <plait/detail/queue/queue_group.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>

namespace PLAIT_NAMESPACE {

// 1 to 16 queues of plait, with elements whose move cannot throw.
template <class... Queues>
concept queues_to_wait_at =
    sizeof...(Queues) >= 1 && sizeof...(Queues) <= 16 && (... && concurrent_queue<Queues>) &&
    (... && std::is_nothrow_move_constructible_v<typename Queues::value_type>);

// What pop_any finds in a range of queues.
template <class T>
struct item_from {
  std::size_t index;  // of the queue in the range
  T value;            // the item that was taken from it
};

// A range of queues of one type, or of pointers or std::reference_wrappers to them: any number of queues.
template <class Range>
concept range_of_queues_to_wait_at =
    std::ranges::forward_range<Range> && queues_to_wait_at<detail::queue_in_range<Range>>;

// What pop_any returns for a range of this type.
template <class Range>
using item_from_range = item_from<typename detail::queue_in_range<Range>::value_type>;

namespace detail {

template <class Queues>
std::optional<typename Queues::result> pop_any_of(Queues queues, wait_limits limits) {
  any_item item(queues);
  item.wait(limits);
  return item.to_optional();
}

template <class Queues>
std::expected<typename Queues::result, conqueue_status> try_pop_any_of(Queues queues) {
  any_item item(queues);
  if (item.look_until_certain() == attempt::contended) return std::unexpected(conqueue_status::busy);
  return item.to_expected();
}

template <class Queues>
std::expected<typename Queues::result, conqueue_status> try_pop_any_of(Queues queues, deadline until) {
  any_item item(queues);
  item.wait({until, nullptr});
  return item.to_expected();
}

}  // namespace detail

// Waits until one of the queues has an item; nothing once all are closed and drained.
template <class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::optional<std::variant<typename Queues::value_type...>> pop_any(Queues&... queues) {
  return detail::pop_any_of(detail::named_queues(queues...), {});
}
template <range_of_queues_to_wait_at Range>
[[nodiscard]] std::optional<item_from_range<Range>> pop_any(Range&& queues) {
  return detail::pop_any_of(detail::ranged_queues(queues), {});
}

// As above, and the wait also ends, with nothing, when a stop is requested.
template <class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::optional<std::variant<typename Queues::value_type...>> pop_any(const std::stop_token& stop,
                                                                                  Queues&... queues) {
  return detail::pop_any_of(detail::named_queues(queues...), {detail::deadline::never(), &stop});
}
template <range_of_queues_to_wait_at Range>
[[nodiscard]] std::optional<item_from_range<Range>> pop_any(const std::stop_token& stop, Range&& queues) {
  return detail::pop_any_of(detail::ranged_queues(queues), {detail::deadline::never(), &stop});
}

// Without waiting: an item; or empty (or busy, as try_pop), or closed, if all are closed and drained.
template <class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::expected<std::variant<typename Queues::value_type...>, conqueue_status> try_pop_any(
    Queues&... queues) {
  return detail::try_pop_any_of(detail::named_queues(queues...));
}
template <range_of_queues_to_wait_at Range>
[[nodiscard]] std::expected<item_from_range<Range>, conqueue_status> try_pop_any(Range&& queues) {
  return detail::try_pop_any_of(detail::ranged_queues(queues));
}

// Until the deadline: an item, empty (or busy, as try_pop_for) or closed.
template <class Rep, class Period, class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::expected<std::variant<typename Queues::value_type...>, conqueue_status> try_pop_any_for(
    const std::chrono::duration<Rep, Period>& wait, Queues&... queues) {
  return detail::try_pop_any_of(detail::named_queues(queues...), detail::deadline::after(wait));
}
template <class Rep, class Period, range_of_queues_to_wait_at Range>
[[nodiscard]] std::expected<item_from_range<Range>, conqueue_status> try_pop_any_for(
    const std::chrono::duration<Rep, Period>& wait, Range&& queues) {
  return detail::try_pop_any_of(detail::ranged_queues(queues), detail::deadline::after(wait));
}
template <class Clock, class Duration, class... Queues>
  requires queues_to_wait_at<Queues...>
[[nodiscard]] std::expected<std::variant<typename Queues::value_type...>, conqueue_status> try_pop_any_until(
    const std::chrono::time_point<Clock, Duration>& when, Queues&... queues) {
  return detail::try_pop_any_of(detail::named_queues(queues...), detail::deadline::at(when));
}
template <class Clock, class Duration, range_of_queues_to_wait_at Range>
[[nodiscard]] std::expected<item_from_range<Range>, conqueue_status> try_pop_any_until(
    const std::chrono::time_point<Clock, Duration>& when, Range&& queues) {
  return detail::try_pop_any_of(detail::ranged_queues(queues), detail::deadline::at(when));
}

}  // namespace PLAIT_NAMESPACE
