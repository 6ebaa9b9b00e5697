// SPDX-License-Identifier: MIT
// prioritized: what a priority queue holds if the priority is no part of the value.
#pragma once

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// A value and its priority, for the priority queues: Python's (priority, item), but the value is never compared
// and need not be comparable. Two items with equal priorities are equivalent, not equal, so there is no ==.
template <class Priority, class Value>
struct prioritized {
  Priority priority;  // compared: the smallest comes out first
  Value value;        // never compared

  friend constexpr bool operator<(const prioritized& a,
                                  const prioritized& b) noexcept(noexcept(a.priority < b.priority)) {
    return a.priority < b.priority;
  }
  friend constexpr bool operator>(const prioritized& a,
                                  const prioritized& b) noexcept(noexcept(b.priority < a.priority)) {
    return b < a;
  }
};

template <class Priority, class Value>
prioritized(Priority, Value) -> prioritized<Priority, Value>;

}  // namespace PLAIT_NAMESPACE
