// SPDX-License-Identifier: MIT
// any_order, stable_order: in which order a priority_queue returns items that compare equal.
//
// any_order is the default. With stable_order the item that was pushed first comes out first; that costs a
// number of 8 bytes beside each item.
#pragma once

#include <concepts>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// Unspecified.
struct any_order {};
// The order in which they were pushed.
struct stable_order {};

template <class Type>
concept order_of_equals = std::same_as<Type, any_order> || std::same_as<Type, stable_order>;

}  // namespace PLAIT_NAMESPACE
