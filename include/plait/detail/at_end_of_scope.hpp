// SPDX-License-Identifier: MIT
// What has to be done when a scope is left, also by an exception.
#pragma once

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

template <class Action>
class at_end_of_scope {
 public:
  explicit at_end_of_scope(Action action) noexcept : action_(action) {}
  at_end_of_scope(const at_end_of_scope&) = delete;
  at_end_of_scope& operator=(const at_end_of_scope&) = delete;
  ~at_end_of_scope() { action_(); }

 private:
  Action action_;
};

}  // namespace PLAIT_NAMESPACE::detail
