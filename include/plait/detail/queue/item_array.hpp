// SPDX-License-Identifier: MIT
// An array that grows and shrinks: the memory of item_heap and item_stack.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// An array that grows at its end and gives memory back: it never keeps more than four times the slots that it
// needs, or `kept_bytes`, or `kept_slots`, whichever is most.
//
// Item must move without throwing; assignment is not needed. The allocator serves only the array: a std::vector
// would pass it on to the items, whose constructors may then throw.
template <class Item, class Allocator>
class item_array {
 public:
  static constexpr std::size_t kept_bytes = std::size_t{16} * 1024;
  static constexpr std::size_t kept_slots = 64;

  explicit item_array(const Allocator& from) noexcept : allocator_(from) {}

  item_array(const item_array&) = delete;
  item_array& operator=(const item_array&) = delete;

  ~item_array() {
    std::destroy_n(slots(), size_);
    if (capacity_ != 0) traits::deallocate(allocator_, items_, capacity_);
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t room() const noexcept { return capacity_ - size_; }

  Item& operator[](std::size_t at) noexcept { return slots()[at]; }
  const Item& operator[](std::size_t at) const noexcept { return slots()[at]; }

  // Makes room for one more item. Throws what the allocator throws; the array is then as it was.
  void make_room() {
    if (room() == 0) [[unlikely]]
      sync::rarely<&item_array::move_items>(this, std::max(smallest_growth, 2 * size_));
  }

  // Requires room.
  template <class Arg>
  Item& append(Arg&& arg) noexcept {
    Item* const added = std::construct_at(slots() + size_, std::forward<Arg>(arg));
    ++size_;
    return *added;
  }

  void remove_last() noexcept {
    --size_;
    std::destroy_at(slots() + size_);
    if (capacity_ > slots_kept && size_ < capacity_ / 4) [[unlikely]]
      sync::rarely<&item_array::give_back>(this);
  }

  // Replaces an item in the array by another one, which is left moved-from.
  static void replace(Item& old, Item& with) noexcept {
    if constexpr (std::is_nothrow_move_assignable_v<Item>) {
      old = std::move(with);
    } else {
      std::destroy_at(std::addressof(old));
      std::construct_at(std::addressof(old), std::move(with));
    }
  }

  Allocator get_allocator() const noexcept { return Allocator(allocator_); }

 private:
  using allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<Item>;
  using traits = std::allocator_traits<allocator>;

  static constexpr std::size_t smallest_growth = 16;
  static constexpr std::size_t slots_kept = std::max<std::size_t>(kept_slots, kept_bytes / sizeof(Item));

  Item* slots() const noexcept { return std::to_address(items_); }

  // Moves all items to a new array of `capacity` slots, which is at least size_.
  void move_items(std::size_t capacity) {
    const typename traits::pointer to = traits::allocate(allocator_, capacity);
    std::uninitialized_move_n(slots(), size_, std::to_address(to));
    std::destroy_n(slots(), size_);
    if (capacity_ != 0) traits::deallocate(allocator_, items_, capacity_);
    items_ = to;
    capacity_ = capacity;
  }

  // Halves the array, which leaves at least a quarter of the old capacity free.
  void give_back() noexcept {
    try {
      move_items(capacity_ / 2);
    } catch (...) {  // NOLINT(bugprone-empty-catch): without memory for a smaller array, the large one stays
    }
  }

  // The first size_ of capacity_ slots hold items.
  [[no_unique_address]] allocator allocator_;
  typename traits::pointer items_{};
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
