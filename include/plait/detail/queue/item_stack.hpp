// SPDX-License-Identifier: MIT
// A stack for one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include <plait/detail/queue/item_array.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/sync.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// Has the interface that guarded_store needs of a container, as item_heap has.
template <queue_element T, class Allocator>
class item_stack {
 public:
  using value_type = T;
  using item_type = queue_item<T>;

  static constexpr const char* queue_name = "plait::lifo_queue";
  static constexpr bool compares_without_throwing = true;  // it does not compare

  // An operation takes no longer than moving a cache line between processors. So a push that found the lock
  // taken leaves the lock's holder enough time for a few hundred operations in its own cache.
  static constexpr std::chrono::microseconds rest_after_post{8};

  explicit item_stack(const Allocator& allocator) : items_(allocator) {}

  std::size_t size() const noexcept { return items_.size(); }

  // How many puts need no allocation.
  std::size_t room() const noexcept { return items_.room(); }

  // Makes room for one put. Throws what the allocator throws; nothing has then changed.
  void make_room() { items_.make_room(); }

  // Throws what the allocator throws if there is no room; stack and value are then unchanged.
  template <class Arg>
  void put(Arg&& value) noexcept(false) {
    items_.make_room();
    items_.append(std::forward<Arg>(value));
  }

  // Takes the last item; there must be one.
  void take(item_place<item_type> auto& item) noexcept {
    item.emplace(std::move(items_[items_.size() - 1]));
    items_.remove_last();
  }

  // Calls visit(item) for each item, from the first that was put.
  template <class Visit>
  void for_each(Visit visit) noexcept {
    for (std::size_t at = 0; at != items_.size(); ++at) visit(items_[at]);
  }

  Allocator get_allocator() const noexcept { return items_.get_allocator(); }

 private:
  item_array<item_type, Allocator> items_;
};

}  // namespace PLAIT_NAMESPACE::detail
