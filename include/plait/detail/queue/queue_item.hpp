// SPDX-License-Identifier: MIT
// The form in which a queue holds an element: as it is or, if its move may throw, on the heap.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

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

}  // namespace PLAIT_NAMESPACE::detail
