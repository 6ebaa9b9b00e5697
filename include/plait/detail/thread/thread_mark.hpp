// SPDX-License-Identifier: MIT
// An address that identifies a thread.
#pragma once

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Each thread has one, the same in all libraries of the process. In a child of fork() its address is the same.
struct [[gnu::visibility("default")]] thread_mark {
  static const thread_mark* mine() noexcept { return &sync::per_thread<thread_mark>(); }

  char unused;
};

}  // namespace PLAIT_NAMESPACE::detail
