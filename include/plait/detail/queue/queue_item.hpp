// SPDX-License-Identifier: MIT
// The form in which a queue holds an element: as it is or, if its move may throw, on the heap.
#pragma once

#include <concepts>
#include <expected>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// A T on the heap, which moves without throwing by moving its pointer.
template <queue_element T>
class boxed {
 public:
  // Whether a T given by rvalue is moved into the box, and moved back if the queue refuses it. A T that cannot
  // be move-assigned is copied instead, because a refused push must leave its argument as it was.
  static constexpr bool moves_back = std::is_move_assignable_v<T>;

  template <class... Args>
  explicit boxed(std::in_place_t, Args&&... args) : value_(new T(std::forward<Args>(args)...)) {}
  explicit boxed(std::in_place_t, T&& value)
    requires(!moves_back)
      : value_(new T(std::as_const(value))) {}

  T& value() noexcept { return *value_; }

 private:
  std::unique_ptr<T> value_;
};

// What a queue holds in its slots. It always moves without throwing.
template <queue_element T>
using queue_item = std::conditional_t<std::is_nothrow_move_constructible_v<T>, T, boxed<T>>;

template <class T>
inline constexpr bool is_boxed = !std::same_as<queue_item<T>, T>;

template <queue_element T, class... Args>
queue_item<T> make_queue_item(Args&&... args) {
  if constexpr (is_boxed<T>) {
    return boxed<T>(std::in_place, std::forward<Args>(args)...);
  } else {
    return T(std::forward<Args>(args)...);
  }
}

template <class T>
T& queue_value(T& item) noexcept {
  return item;  // NOLINT(bugprone-return-const-ref-from-parameter): a const item outlives the call as well
}
template <class T>
T& queue_value(boxed<T>& item) noexcept {
  return item.value();
}

// Where a get leaves an item, moved once: an optional, an expected (with the status, if there is no item), or
// what an iterator points to.
template <class Place, class Item>
concept item_place = requires(Place place, Item&& item) { place.emplace(std::move(item)); };

template <class Iterator>
struct place_at {
  Iterator& out;

  template <class Item>
  void emplace(Item&& item) {
    *out = std::move(queue_value(item));
  }
};

template <class Item>
inline constexpr bool fits_registers = std::is_trivially_copyable_v<Item> && sizeof(Item) <= sizeof(void*);

// How a slow path takes an argument: a small item by value, so that the fast path can keep it in a register.
// Only an item: one that is constructed from another object may keep a reference to that object.
template <class Item, class Arg>
using in_register =
    std::conditional_t<std::same_as<std::remove_cvref_t<Arg>, Item> && fits_registers<Item>, Item, Arg&&>;

// An optional or expected made of `args`, which give it no item. GCC makes a constant by filling all of it with
// zeros; so this is one only where that is a register.
template <class Place, class... Args>
Place empty_place(Args... args) noexcept {
  return Place(args...);
}
template <class Place, class... Args>
  requires fits_registers<typename Place::value_type>
constexpr Place empty_place(Args... args) noexcept {
  return Place(args...);
}

}  // namespace PLAIT_NAMESPACE::detail
