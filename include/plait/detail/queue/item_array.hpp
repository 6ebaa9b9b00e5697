// SPDX-License-Identifier: MIT
// A growing array that also shrinks: the memory of item_heap and item_stack.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// An array that grows at its end and gives memory back: it never keeps more than four times the slots that it
// needs, or `kept_bytes`, or `kept_slots`, whichever is most.
//
// What it asks of an Item: that it moves without throwing. Assignment is not needed.
template <class Item, class Allocator>
class item_array {
 public:
  static constexpr std::size_t kept_bytes = std::size_t{16} * 1024;
  static constexpr std::size_t kept_slots = 64;

  explicit item_array(const Allocator& allocator) : items_(allocator) {}

  std::size_t size() const noexcept { return items_.size(); }
  std::size_t room() const noexcept { return items_.capacity() - items_.size(); }

  Item& operator[](std::size_t at) noexcept { return items_[at]; }
  const Item& operator[](std::size_t at) const noexcept { return items_[at]; }

  // Sees to room for one more. Throws what the allocator throws; the array is then as it was.
  void make_room() {
    if (room() == 0) items_.reserve(std::max(smallest_growth, 2 * items_.size()));
  }

  // There is room.
  template <class Arg>
  Item& append(Arg&& arg) noexcept {
    return items_.emplace_back(std::forward<Arg>(arg));
  }

  void remove_last() noexcept {
    items_.pop_back();
    if (items_.capacity() > slots_kept && items_.size() < items_.capacity() / 4) [[unlikely]]
      sync::rarely<&item_array::give_back>(this);
  }

  // An array slot's item replaced by another's, which is left moved-from.
  static void replace(Item& old, Item& with) noexcept {
    if constexpr (std::is_nothrow_move_assignable_v<Item>) {
      old = std::move(with);
    } else {
      std::destroy_at(&old);
      std::construct_at(&old, std::move(with));
    }
  }

  Allocator get_allocator() const noexcept { return Allocator(items_.get_allocator()); }

 private:
  static constexpr std::size_t smallest_growth = 16;
  static constexpr std::size_t slots_kept = std::max<std::size_t>(kept_slots, kept_bytes / sizeof(Item));

  // Halves it, which leaves at least a quarter of what there was free.
  void give_back() noexcept {
    try {
      vector fewer(items_.get_allocator());
      fewer.reserve(items_.capacity() / 2);
      for (Item& item : items_) fewer.push_back(std::move(item));
      items_.swap(fewer);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): then it stays large
    }
  }

  using vector = std::vector<Item, typename std::allocator_traits<Allocator>::template rebind_alloc<Item>>;
  vector items_;
};

}  // namespace PLAIT_NAMESPACE::detail
