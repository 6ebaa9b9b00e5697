// SPDX-License-Identifier: MIT
// The queues that pop_any looks at, in their order: named one by one, or in a range. A group says what pop_any
// returns for an item of each, and where the event counts are at which it waits.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <plait/concurrent_queue.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

template <class T>
struct item_from;  // pop_any.hpp

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

// By their names.
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

// In a range.
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

}  // namespace detail

}  // namespace PLAIT_NAMESPACE
