// SPDX-License-Identifier: MIT
// Names for the atomics, locks and plain data that traces speak of.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <verify/execution.hpp>

namespace verify {

// Traces call the object so: an atomic, a lock, plain data, an array of them, or a class that contains them.
// Without a name they are numbered in the order of their first use. In a constructor: name(head_, "head_").
template <class T>
void name(const T& object, std::string_view called) {
  detail::execution* const now = detail::execution::current();
  if (now == nullptr || !now->is_traced()) return;
  if constexpr (requires { object[std::size_t{0}], object.size(); }) {
    const detail::untracked own;
    for (std::size_t i = 0; i != object.size(); ++i)
      name(object[i], std::string(called) + '[' + std::to_string(i) + ']');
  } else {
    now->name(std::addressof(object), sizeof object, called);
  }
}

}  // namespace verify
