// SPDX-License-Identifier: MIT
// map_element: what hash_map and hash_set can hold.
#pragma once

#include <type_traits>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// A key or a value. It moves when the table grows.
template <class T>
concept map_element = std::is_object_v<T> && !std::is_const_v<T> && std::is_nothrow_move_constructible_v<T> &&
                      std::is_nothrow_destructible_v<T>;

}  // namespace PLAIT_NAMESPACE
