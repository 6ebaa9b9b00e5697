// SPDX-License-Identifier: MIT
// The locks that lock_all() takes, each of them once: named ones, or those of a range.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

template <class Lock>
concept lockable = requires(std::remove_reference_t<Lock>& lock) {
  lock.lock();
  { lock.try_lock() } -> std::convertible_to<bool>;
  lock.unlock();
};

// Both kinds of sets have
//   size()       how many places there are
//   on(i, call)  call(lock) for the lock in place i; true if the place is empty: the lock has an earlier one
//   until_false(reached, call)  calls on every lock in turn, while it is true; `reached` counts those places

// Locks of any types. Two at the same address are the same lock.
template <class... Locks>
class named_locks {
 public:
  explicit named_locks(Locks&... locks) noexcept : locks_(std::addressof(locks)...) {
    drop_repeated(std::index_sequence_for<Locks...>());
  }

  static constexpr std::size_t size() noexcept { return sizeof...(Locks); }

  template <class Call>
  bool on(std::size_t place, Call call) const {
    return on(place, call, std::index_sequence_for<Locks...>());
  }

  template <class Call>
  void until_false(std::size_t& reached, Call call) const {
    std::apply(
        [&](auto*... locks) { static_cast<void>(((call_one(call, locks) && (++reached, true)) && ...)); },
        locks_);
  }

 private:
  template <class Call, std::size_t... Place>
  bool on(std::size_t place, Call& call, std::index_sequence<Place...>) const {
    bool answer = true;
    static_cast<void>(
        ((place == Place ? (answer = call_one(call, std::get<Place>(locks_)), true) : false) || ...));
    return answer;
  }
  template <class Call, class Lock>
  static bool call_one(Call& call, Lock* lock) {
    return lock == nullptr || call(*lock);
  }

  template <std::size_t... Place>
  void drop_repeated(std::index_sequence<Place...>) noexcept {
    const void* const all[] = {std::get<Place>(locks_)...};
    const auto stands_before = [&](std::size_t place) {
      bool found = false;
      for (std::size_t before = 0; before != place; ++before) found |= all[before] == all[place];
      return found;
    };
    ((stands_before(Place) ? void(std::get<Place>(locks_) = nullptr) : void()), ...);
  }

  std::tuple<Locks*...> locks_;  // null if an earlier place has the same lock
};

template <class Element>
concept leads_to_lock = requires(Element& element) {
  { *element } -> lockable;
};
template <class Element>
concept refers_to_lock = requires(Element& element) {
  { element.get() } -> lockable;
  requires std::same_as<std::remove_cv_t<Element>,
                        std::reference_wrapper<std::remove_reference_t<decltype(element.get())>>>;
};

// The elements of a range: locks, pointers to locks, or std::reference_wrapper.
template <class Element>
concept lock_element = lockable<Element> || leads_to_lock<Element> || refers_to_lock<Element>;

template <lock_element Element>
auto& lock_of(Element& element) {
  if constexpr (lockable<Element>) {
    return element;
  } else if constexpr (refers_to_lock<Element>) {
    return element.get();
  } else {
    return *element;
  }
}

template <class Range>
concept range_of_locks = std::ranges::input_range<Range> &&
                         lock_element<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;

template <range_of_locks Range>
using lock_in = std::remove_reference_t<decltype(lock_of(
    std::declval<std::remove_reference_t<std::ranges::range_reference_t<Range>>&>()))>;

template <class Lock>
class listed_locks {
 public:
  // Throws std::bad_alloc.
  template <class Range>
  explicit listed_locks(Range& range) {
    for (auto&& element : range) locks_.push_back(std::addressof(lock_of(element)));
    std::ranges::sort(locks_, std::less<>());
    const auto repeated = std::ranges::unique(locks_);
    locks_.erase(repeated.begin(), repeated.end());
  }

  std::size_t size() const noexcept { return locks_.size(); }

  template <class Call>
  bool on(std::size_t place, Call call) const {
    return call(*locks_[place]);
  }

  template <class Call>
  void until_false(std::size_t& reached, Call call) const {
    while (reached != locks_.size() && call(*locks_[reached])) ++reached;
  }

 private:
  std::vector<Lock*> locks_;  // by address, each once
};

}  // namespace PLAIT_NAMESPACE::detail
