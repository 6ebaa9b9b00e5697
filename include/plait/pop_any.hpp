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
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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

// What pop_any finds in a range of queues.
template <class T>
struct item_from {
  std::size_t index;  // of the queue in the range
  T value;            // the item that was taken from it
};

namespace detail {

// The queue that an element of a range is or refers to.
template <class Queue>
  requires concurrent_queue<Queue>
Queue& queue_in(Queue& queue) noexcept {
  return queue;
}
template <class Queue>
  requires concurrent_queue<Queue>
Queue& queue_in(const std::reference_wrapper<Queue>& queue) noexcept {
  return queue;
}
template <class Pointer>
  requires requires(const Pointer& pointer) {
    requires concurrent_queue<std::remove_reference_t<decltype(*pointer)>>;
    { pointer == nullptr } -> std::same_as<bool>;
  }
auto& queue_in(const Pointer& pointer) {
  if (pointer == nullptr) throw std::invalid_argument("plait::pop_any: a pointer to a queue is null");
  return *pointer;
}

template <class Range>
using queue_in_range = std::remove_reference_t<decltype(queue_in(*std::ranges::begin(std::declval<Range&>())))>;

}  // namespace detail

// A range of queues of one type, or of pointers or std::reference_wrappers to them: any number of queues.
template <class Range>
concept range_of_queues_to_wait_at =
    std::ranges::forward_range<Range> && queues_to_wait_at<detail::queue_in_range<Range>>;

// What pop_any returns for a range of this type.
template <class Range>
using item_from_range = item_from<typename detail::queue_in_range<Range>::value_type>;

namespace detail {

// The queues that pop_any looks at, by their names.
template <class... Queues>
class named_queues {
 public:
  using result = std::variant<typename Queues::value_type...>;

  explicit named_queues(Queues&... queues) noexcept : queues_(queues...) {}

  // Calls visit(queue, result_of) for one after the other until it says true; result_of(value) is what pop_any
  // returns if it takes `value` from that queue.
  template <class Visit>
  void visit_until(Visit visit) const {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (void)(... ||
             visit(std::get<Index>(queues_), [](std::variant_alternative_t<Index, result>&& value) noexcept {
               return result(std::in_place_index<Index>, std::move(value));
             }));
    }(std::index_sequence_for<Queues...>());
  }

  static constexpr std::size_t size() noexcept { return sizeof...(Queues); }

  auto not_empty() const noexcept {
    return std::apply([](Queues&... each) { return event_counts(machinery_of(each).not_empty()...); }, queues_);
  }

 private:
  std::tuple<Queues&...> queues_;
};

// The same for those in a range.
template <class Range>
class ranged_queues {
 public:
  using queue = queue_in_range<Range>;
  using result = item_from<typename queue::value_type>;

  explicit ranged_queues(Range& queues) noexcept : queues_(queues) {}

  template <class Visit>
  void visit_until(Visit visit) const {
    std::size_t index = 0;
    for (auto&& each : queues_) {
      if (visit(queue_in(each), [index](typename queue::value_type&& value) noexcept {
            return result{index, std::move(value)};
          }))
        return;
      ++index;
    }
  }

  std::size_t size() const { return static_cast<std::size_t>(std::ranges::distance(queues_)); }

  auto not_empty() const {
    using event_count_of_queue =
        std::remove_reference_t<decltype(machinery_of(std::declval<queue&>()).not_empty())>;
    std::vector<event_count_of_queue*> counts;
    for (auto&& each : queues_) counts.push_back(&machinery_of(queue_in(each)).not_empty());
    return event_count_list(std::move(counts));
  }

 private:
  Range& queues_;
};

// Looks at all the queues, in their order, and what that found.
template <class Queues>
class any_item {
 public:
  using value_type = typename Queues::result;

  explicit any_item(Queues queues) : queues_(queues), queue_count_(queues.size()) {}

  attempt look() {
    drained_count_ = 0;
    bool contended = false;
    queues_.visit_until([&](auto& queue, auto result_of) {
      auto& items = machinery_of(queue);
      std::optional<typename std::remove_reference_t<decltype(items)>::item_type> item;
      const conqueue_status status = items.try_get(item);
      if (status == conqueue_status::success) value.emplace(result_of(std::move(queue_value(*item))));
      if (status == conqueue_status::closed) ++drained_count_;
      if (status == conqueue_status::busy) contended = true;
      return status == conqueue_status::success;
    });
    if (value || all_closed()) return attempt::done;
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
    if (value || all_closed()) return;
    if (limits.stop_requested()) {
      when_nothing_ = conqueue_status::stopped;
    } else if (look_until_certain() == attempt::contended) {
      when_nothing_ = conqueue_status::busy;
    }
  }

  bool all_closed() const noexcept { return drained_count_ == queue_count_; }

  std::expected<value_type, conqueue_status> to_expected() noexcept {
    if (value) return *std::move(value);
    return std::unexpected(all_closed() ? conqueue_status::closed : when_nothing_);
  }

  std::optional<value_type> value;

 private:
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
  std::size_t drained_count_ = 0;  // how many, in the last look
  conqueue_status when_nothing_ = conqueue_status::empty;
};

template <class Queues>
std::optional<typename Queues::result> pop_any_of(Queues queues, wait_limits limits) {
  any_item item(queues);
  item.wait(limits);
  return std::move(item.value);
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
