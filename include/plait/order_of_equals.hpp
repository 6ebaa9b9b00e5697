// SPDX-License-Identifier: MIT
// any_order, stable_order: how items come out of a priority_queue that compare equal.
//
// any_order is the default. With stable_order the item that was pushed first comes out first; it costs a number
// of 8 bytes beside each item.
#pragma once

#include <concepts>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// In any order.
struct any_order {};
// As they were pushed.
struct stable_order {};

template <class Type>
concept order_of_equals = std::same_as<Type, any_order> || std::same_as<Type, stable_order>;

}  // namespace PLAIT_NAMESPACE
