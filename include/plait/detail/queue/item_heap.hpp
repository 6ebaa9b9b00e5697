// SPDX-License-Identifier: MIT
// A heap with four children a node, for one thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/detail/queue/item_array.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/sync.hpp>
#include <plait/order_of_equals.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

template <class Compare, class T>
concept nothrow_compare = std::is_nothrow_invocable_r_v<bool, const Compare&, const T&, const T&>;

// Four children a node make the heap shallower than a binary one, and the four are contiguous. Every operation
// makes all its comparisons before it moves anything, so that a comparator that throws leaves the heap intact.
//
// With stable_order, of items that compare equal the one that was put first comes out first.
template <queue_element T, class Compare, order_of_equals Equals, class Allocator>
class item_heap {
 public:
  using value_type = T;
  using item_type = queue_item<T>;

  static constexpr const char* queue_name = "plait::priority_queue";
  static constexpr bool compares_without_throwing = nothrow_compare<Compare, T>;
  static constexpr std::chrono::microseconds rest_after_post{0};  // a post is cheap compared with an operation

  item_heap(const Compare& compare, const Allocator& allocator) : compare_(compare), entries_(allocator) {}

  std::size_t size() const noexcept { return entries_.size(); }

  // How many puts need no allocation.
  std::size_t room() const noexcept { return entries_.room(); }

  // Whether its first item is less than the other heap's. Both must have one.
  bool starts_before(item_heap& other) noexcept(compares_without_throwing) {
    return is_less(queue_value(entries_[0].item), queue_value(other.entries_[0].item));
  }

  // Makes room for one put. Throws what the allocator throws; nothing has then changed.
  void make_room() { entries_.make_room(); }

  // Throws what the comparator and, without room, the allocator throw; heap and value are then unchanged.
  template <class Arg>
  void put(Arg&& value) noexcept(false) {
    entries_.make_room();
    // Below its equals, which were all put earlier.
    std::size_t at = entries_.size();
    while (at != 0 && is_less(queue_value(value), queue_value(entries_[parent(at)].item))) at = parent(at);
    put_at(at, std::forward<Arg>(value));
  }

  // Takes the first item; there must be one. Throws what the comparator throws; the heap is then unchanged.
  void take(item_place<item_type> auto& item) noexcept(compares_without_throwing) {
    const std::size_t last = entries_.size() - 1;
    // Follows the smallest children down to a leaf, and then goes up to where the last entry belongs. That was
    // a leaf itself, so it seldom goes up far.
    std::array<std::size_t, deepest> way;
    std::size_t depth = 0;
    way[0] = 0;
    for (std::size_t child = 1; child < last; child = first_child(way[depth])) {
      way[depth + 1] = smallest_of_children(child, last);
      ++depth;
    }
    while (depth != 0 && comes_before(entries_[last], entries_[way[depth]])) --depth;

    item.emplace(std::move(entries_[0].item));
    for (std::size_t i = 0; i != depth; ++i) entries_.replace(entries_[way[i]], entries_[way[i + 1]]);
    if (last != 0) entries_.replace(entries_[way[depth]], entries_[last]);
    entries_.remove_last();
  }

  Allocator get_allocator() const noexcept { return entries_.get_allocator(); }

 private:
  struct numbered_entry {
    item_type item;
    std::uint64_t number;  // of the put
  };
  struct plain_entry {
    item_type item;
  };
  static constexpr bool is_stable = std::same_as<Equals, stable_order>;
  using entry = std::conditional_t<is_stable, numbered_entry, plain_entry>;

  static constexpr std::size_t children = 4;
  static constexpr std::size_t deepest = std::numeric_limits<std::size_t>::digits / 2 + 1;

  static constexpr std::size_t parent(std::size_t at) noexcept { return (at - 1) / children; }
  static constexpr std::size_t first_child(std::size_t at) noexcept { return children * at + 1; }

  bool is_less(const T& a, const T& b) const noexcept(compares_without_throwing) { return compare_(a, b); }

  bool comes_before(entry& a, entry& b) const noexcept(compares_without_throwing) {
    const T& first = queue_value(a.item);
    const T& second = queue_value(b.item);
    if constexpr (is_stable) {
      return is_less(first, second) || (a.number < b.number && !is_less(second, first));
    } else {
      return is_less(first, second);
    }
  }

  // child: the first of its siblings, of which those below `end` exist.
  std::size_t smallest_of_children(std::size_t child, std::size_t end) noexcept(compares_without_throwing) {
    if (end - child >= children) [[likely]] {
      const std::size_t a = child + (comes_before(entries_[child + 1], entries_[child]) ? 1 : 0);
      const std::size_t b = child + (comes_before(entries_[child + 3], entries_[child + 2]) ? 3 : 2);
      return comes_before(entries_[b], entries_[a]) ? b : a;
    }
    std::size_t smallest = child;
    for (std::size_t other = child + 1; other != end; ++other)
      if (comes_before(entries_[other], entries_[smallest])) smallest = other;
    return smallest;
  }

  // Moves the ancestors from `at` down by one level and puts the value at `at`. Requires room.
  template <class Arg>
  void put_at(std::size_t at, Arg&& value) noexcept {
    entry added = make_entry(std::forward<Arg>(value));
    std::size_t free = entries_.size();
    if (free == at) {
      entries_.append(std::move(added));
      return;
    }
    entries_.append(std::move(entries_[parent(free)]));
    for (free = parent(free); free != at; free = parent(free))
      entries_.replace(entries_[free], entries_[parent(free)]);
    entries_.replace(entries_[at], added);
  }

  template <class Arg>
  entry make_entry(Arg&& value) noexcept {
    if constexpr (is_stable) {
      return entry{std::forward<Arg>(value), puts_++};
    } else {
      return entry{std::forward<Arg>(value)};
    }
  }

  struct nothing {};

  [[no_unique_address]] Compare compare_;
  item_array<entry, Allocator> entries_;  // in heap order: none comes before its parent
  [[no_unique_address]] std::conditional_t<is_stable, std::uint64_t, nothing> puts_{};
};

}  // namespace PLAIT_NAMESPACE::detail
