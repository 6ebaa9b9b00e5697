// SPDX-License-Identifier: MIT
// A lock under which Python code runs, which may do anything: let other threads run, or use what it guards.
#pragma once

#include <atomic>
#include <new>

#include <plait/mutex.hpp>

#include "detached.hpp"
#include "python.hpp"

namespace plait_python {

class python_lock {
 public:
  // False: this thread has it already. One that waits is detached.
  bool lock() {
    const unsigned long me = PyThread_get_thread_ident();
    if (!mutex_.try_lock()) {
      if (owner_.load(std::memory_order_relaxed) == me) return false;
      detached([this] { mutex_.lock(); });
    }
    owner_.store(me, std::memory_order_relaxed);
    return true;
  }
  void unlock() {
    owner_.store(nobody, std::memory_order_relaxed);
    mutex_.unlock();
  }

  // In the child of a fork: a thread that is no longer there may have held the lock, or have been woken to take
  // it. The one that has forked keeps what it holds.
  void reset_after_fork() {
    mutex_.~mutex();
    new (&mutex_) plait::mutex();
    if (owner_.load() == PyThread_get_thread_ident()) {
      mutex_.lock();
    } else {
      owner_.store(nobody);
    }
  }

 private:
  static constexpr unsigned long nobody = PYTHREAD_INVALID_THREAD_ID;

  plait::mutex mutex_;
  // Relaxed: a thread asks only whether it has stored its own name, and else it does not matter.
  std::atomic<unsigned long> owner_{nobody};
};

}  // namespace plait_python
