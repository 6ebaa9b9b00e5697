// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// What a queue can hold: an object that is destroyed without throwing and either moves without throwing
// or can be copied. Neither a default constructor nor assignment is needed.
template <class T>
concept queue_element =
    std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T> && std::is_nothrow_destructible_v<T> &&
    (std::is_nothrow_move_constructible_v<T> || std::copy_constructible<T>);

namespace detail {

// A T on the heap, which moves without throwing by moving its pointer.
template <queue_element T>
class boxed {
 public:
  template <class... Args>
  explicit boxed(std::in_place_t, Args&&... args) : value_(new T(std::forward<Args>(args)...)) {}

  // A value given by rvalue is copied: a queue that turns out to be full must not have spoilt it.
  explicit boxed(std::in_place_t, T&& value) : value_(new T(std::as_const(value))) {}

  T& value() noexcept { return *value_; }

 private:
  std::unique_ptr<T> value_;
};

// What a queue keeps in its slots: always something that moves without throwing.
template <queue_element T>
using queue_item = std::conditional_t<std::is_nothrow_move_constructible_v<T>, T, boxed<T>>;

template <queue_element T, class... Args>
queue_item<T> make_queue_item(Args&&... args) {
  if constexpr (std::same_as<queue_item<T>, T>) {
    return T(std::forward<Args>(args)...);
  } else {
    return boxed<T>(std::in_place, std::forward<Args>(args)...);
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

}  // namespace detail
}  // namespace PLAIT_NAMESPACE
