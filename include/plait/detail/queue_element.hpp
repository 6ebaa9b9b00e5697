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

// A T on its way through a queue. It always moves without throwing: a T that cannot promise that is
// kept on the heap and only its pointer moves, which costs one allocation for each push.
template <queue_element T, bool InPlace = std::is_nothrow_move_constructible_v<T>>
class queue_item {
 public:
  template <class... Args>
  explicit queue_item(std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>)
      : value_(std::forward<Args>(args)...) {}

  T& value() noexcept { return value_; }

 private:
  T value_;
};

template <queue_element T>
class queue_item<T, false> {
 public:
  template <class... Args>
  explicit queue_item(std::in_place_t, Args&&... args) : value_(new T(std::forward<Args>(args)...)) {}

  // A value given by rvalue is copied: a queue that turns out to be full must not have spoilt it.
  explicit queue_item(std::in_place_t, T&& value)
    requires std::copy_constructible<T>
      : value_(new T(std::as_const(value))) {}

  T& value() noexcept { return *value_; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace detail
}  // namespace PLAIT_NAMESPACE
