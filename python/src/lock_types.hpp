// SPDX-License-Identifier: MIT
// RWLock; CheckedLock and CheckedRLock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>
#include <plait/shared_mutex.hpp>

#include "detached.hpp"
#include "live_list.hpp"
#include "python.hpp"

namespace plait_python {

struct module_state;

struct rw_lock {
  plait::shared_mutex* mutex = new plait::shared_mutex();
  std::atomic<bool> is_written{false};  // by a thread that knows it: set and cleared under the lock
  // The list of all of them, and the neighbours there.
  live_list<rw_lock>* list = nullptr;
  rw_lock* previous = nullptr;
  rw_lock* next = nullptr;

  // In the child of a fork, where no other thread is left.
  void reset_after_fork();
};

// Thrown through C++ code that knows nothing of Python: an exception of Python is set.
struct exception_is_set {};

// A mutex for plait::checked, used by attached threads: one that waits is detached, and looks for signals.
class attached_mutex {
 public:
  void lock() { static_cast<void>(lock_within({})); }
  bool try_lock() noexcept { return mutex_.try_lock(); }
  void unlock() noexcept { mutex_.unlock(); }

  // Throws exception_is_set, as lock() does.
  bool try_lock_until(wait_clock::time_point when) { return lock_within({.until = when}); }

  // Before anything else.
  void is_used_in(const module_state& state) noexcept { state_ = &state; }
  // In the child of a fork: what threads waited for it that are not there is forgotten.
  void reset_after_fork(bool is_held);

 private:
  // False: not in time.
  bool lock_within(const patience& how_long);

  const module_state* state_ = nullptr;
  plait::mutex mutex_;
};

struct checked_lock {
  checked_lock(std::string name_of_class, bool is_recursive, const module_state& state);

  const std::string name;  // empty: a class of its own
  const bool locks_again;
  plait::checked<attached_mutex> lock =
      name.empty() ? plait::checked<attached_mutex>() : plait::checked<attached_mutex>(name.c_str());
  // Written by the thread that holds it.
  std::atomic<unsigned long> owner{PYTHREAD_INVALID_THREAD_ID};
  std::size_t depth = 0;  // how often its owner has taken it
  // The list of all of them, and the neighbours there.
  live_list<checked_lock>* list = nullptr;
  checked_lock* previous = nullptr;
  checked_lock* next = nullptr;

  // In the child of a fork, where no other thread is left.
  void reset_after_fork();
};
void reset_lock_order_after_fork();

// What acquire(blocking=True, timeout=-1) of Python's locks takes. False: an exception is set.
bool parse_acquire(PyObject* const* given, Py_ssize_t count, PyObject* keywords, patience& how_long);

// Waits by wait(until), which says whether the lock is taken, again and again: until then, for as long as
// `how_long` says, or until a signal handler raises. 1: taken, 0: not in time, -1: an exception is set.
// Handlers that come once it is taken run later, when the thread knows that it has it: they may take it, too.
template <class Wait>
int acquire_detached(const patience& how_long, bool looks_for_signals, Wait wait) {
  constexpr std::chrono::hours for_ever{24};  // and again
  for (;;) {
    wait_clock::time_point until = wait_clock::now() + for_ever;
    if (looks_for_signals) until = wait_clock::now() + between_looks_for_signals;
    if (how_long.until && *how_long.until < until) until = *how_long.until;
    bool is_taken = false;
    detached([&]() noexcept { is_taken = wait(until); });
    if (is_taken) return 1;
    if (PyErr_CheckSignals() < 0) return -1;
    if (how_long.is_over()) return 0;
  }
}

// The types. False: an exception is set.
bool add_rw_lock_types(PyObject* module, module_state& state);
bool add_checked_lock_types(PyObject* module);
bool add_lock_reports(PyObject* module);  // functions, to be called from Python

}  // namespace plait_python
