// SPDX-License-Identifier: MIT
// until_signal: says that a wait also ends when a signal handler has run in the waiting thread.
#pragma once

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// An argument of wait_to_push and wait_to_pop of the queues, queue.wait_to_pop(plait::until_signal()), and of
// try_lock_until of mutex and shared_mutex.
struct until_signal {
  explicit until_signal() = default;
};

}  // namespace PLAIT_NAMESPACE
