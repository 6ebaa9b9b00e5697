// SPDX-License-Identifier: MIT
// The lock of a shard, whose holder is done before another thread would have fallen asleep.
#pragma once

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/staying_awake.hpp>
#include <plait/mutex.hpp>

namespace PLAIT_NAMESPACE::detail {

// A change takes a fraction of a microsecond, and the thread that has met it most likely wants another shard
// next. plait::mutex lets microseconds pass before it looks again, which is right where the same threads come
// back to the same lock. Here a waiter looks some times in quick succession first.
class shard_lock {
 public:
  void lock() noexcept {
    if (!mutex_.try_lock()) [[unlikely]]
      sync::rarely<&shard_lock::wait_and_lock>(this);
  }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  void wait_and_lock() noexcept {
    const auto look = [this]() noexcept { return mutex_.try_lock() ? attempt::done : attempt::blocked; };
    if (!try_soon(look)) mutex_.lock();
  }

  mutex mutex_;
};

}  // namespace PLAIT_NAMESPACE::detail
