// SPDX-License-Identifier: MIT
// Every kind of queue, for tests of what all of them promise.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/lifo_queue.hpp>
#include <plait/priority_queue.hpp>
#include <plait/relaxed_priority_queue.hpp>
#include <plait/spsc_queue.hpp>
#include <plait/unbounded_queue.hpp>

namespace queue_kinds {

// One kind of queue each.
struct bounded {
  template <class T>
  using queue = plait::bounded_queue<T>;
  static constexpr const char* name = "bounded_queue";
};
struct spsc {
  template <class T>
  using queue = plait::spsc_queue<T>;
  static constexpr const char* name = "spsc_queue";
};
struct unbounded {
  template <class T>
  using queue = plait::unbounded_queue<T>;
  static constexpr const char* name = "unbounded_queue";
};
struct lifo {
  template <class T>
  using queue = plait::lifo_queue<T>;
  static constexpr const char* name = "lifo_queue";
};
struct priority {
  template <class T>
  using queue = plait::priority_queue<T>;
  static constexpr const char* name = "priority_queue";
};
struct relaxed_priority {
  template <class T>
  using queue = plait::relaxed_priority_queue<T>;
  static constexpr const char* name = "relaxed_priority_queue";
};

// One that holds at least `capacity` items, and no more if it has a bound.
template <class Kind, class T = int>
auto make(std::size_t capacity) {
  using queue = typename Kind::template queue<T>;
  if constexpr (requires { Kind::template make<T>(capacity); })
    return Kind::template make<T>(capacity);
  else if constexpr (std::constructible_from<queue, std::size_t>)
    return queue(capacity);
  else
    return queue();
}

template <class Kind>
inline constexpr bool is_bounded = std::constructible_from<typename Kind::template queue<int>, std::size_t>;

using all = testing::Types<bounded, spsc, unbounded, lifo, priority, relaxed_priority>;

struct name_of {
  template <class Kind>
  static std::string GetName(int) {
    return Kind::name;
  }
};

}  // namespace queue_kinds
