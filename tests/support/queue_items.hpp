// SPDX-License-Identifier: MIT
// Helpers that fill and empty the queues under test.
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

#include <plait/bounded_queue.hpp>

namespace queue_items {

// Everything that can be popped at once, in order.
template <class T>
std::vector<T> drain(plait::bounded_queue<T>& queue) {
  std::vector<T> items;
  while (auto item = queue.try_pop()) items.push_back(*item);
  return items;
}

// `count` numbers from `first` on.
template <class T>
std::vector<T> numbers(T first, T count) {
  std::vector<T> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), first);
  return result;
}

}  // namespace queue_items
