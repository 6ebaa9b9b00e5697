// SPDX-License-Identifier: MIT
// queue_element<T>: what a queue can hold, as a concept.
//
// An object type that is destroyed without throwing, and that moves without throwing, or can be copied, or can
// be moved and move-assigned. Neither a default constructor nor a comparison is needed.
#pragma once

#include <concepts>
#include <type_traits>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

template <class T>
concept queue_element =
    std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T> && std::is_nothrow_destructible_v<T> &&
    (std::is_nothrow_move_constructible_v<T> || std::copy_constructible<T> ||
     (std::move_constructible<T> && std::is_move_assignable_v<T>));

}  // namespace PLAIT_NAMESPACE
