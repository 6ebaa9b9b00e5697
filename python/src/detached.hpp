// SPDX-License-Identifier: MIT
// Letting other Python threads run, and waiting meanwhile.
//
// No reference changes hands while a thread is detached: a garbage collection that runs meanwhile would count
// fewer references to an object than there are. So a thread that waits only looks whether there is an item; it
// takes the item once it is attached again.
#pragma once

#include <chrono>
#include <optional>

#include <unistd.h>

#include <plait/queue_interface.hpp>

#include "python.hpp"

namespace plait_python {

using wait_clock = std::chrono::steady_clock;

// No object whose destructor attaches: up to Python 3.13, attaching while the interpreter ends may end the
// thread by an exception that no destructor may let through. A thread that comes back that late stops here
// for ever. Not the one that ends the interpreter, which runs destructors of Python: it alone can be attached
// once the end has begun.
template <class Action>
void detached(Action action) {
  const bool ends_interpreter = is_finalizing();
  PyThreadState* const thread = PyEval_SaveThread();
  action();
  if (!ends_interpreter && is_finalizing())
    for (;;) ::pause();
  PyEval_RestoreThread(thread);
}

inline void yield_detached() {
  detached([]() noexcept { plait::detail::sync::yield(); });
}

// Only the main thread runs signal handlers, and a signal that it gets ends its sleep. It also looks this
// often, because another thread may have got the signal, or it came just before the sleep.
inline constexpr std::chrono::seconds between_looks_for_signals{1};

// How long an operation may wait: block and timeout of Python's queues.
struct patience {
  bool may_wait = true;
  std::optional<wait_clock::time_point> until;  // none: for ever

  bool is_over() const noexcept { return !may_wait || (until && wait_clock::now() >= *until); }

  // False: TypeError or ValueError is set. Null stands for the default.
  bool parse(PyObject* block, PyObject* timeout) {
    const int blocks = block != nullptr ? PyObject_IsTrue(block) : 1;
    if (blocks < 0) return false;
    may_wait = blocks != 0;
    if (!may_wait || timeout == nullptr || timeout == Py_None) return true;
    const double seconds = PyFloat_AsDouble(timeout);
    if (seconds == -1 && PyErr_Occurred() != nullptr) return false;
    if (seconds < 0) {
      PyErr_SetString(PyExc_ValueError, "'timeout' must be a non-negative number");
      return false;
    }
    constexpr double longest = 1e9;  // seconds: thirty years are for ever
    if (seconds < longest)
      until =
          wait_clock::now() + std::chrono::ceil<wait_clock::duration>(std::chrono::duration<double>(seconds));
    return true;
  }

  // When to wake at the latest: at the deadline, or to look for signals.
  plait::detail::deadline next_look(bool looks_for_signals) const noexcept {
    const auto end = until ? plait::detail::deadline::at(*until) : plait::detail::deadline::never();
    return looks_for_signals ? end.or_after(between_looks_for_signals) : end;
  }
};

// With the GIL, a thread that waits sleeps at once: whoever it waits for has the GIL, and rarely is done within
// microseconds. Each look would offer the processor to others, which on a busy machine costs a time slice.
struct sleep_limits : plait::detail::limits_until_signal {
#ifndef Py_GIL_DISABLED
  static constexpr bool looks_awake = false;
#endif
};

inline sleep_limits sleep_until(const plait::detail::deadline& until) noexcept {
  sleep_limits limits;
  limits.until = until;
  return limits;
}

// Sleeps at an event count until `is_ready()`, a signal or the given time. Before it sleeps it looks again, in
// the way that the thread is used to there. Takes nothing.
template <class Events, class IsReady>
void sleep_detached(Events& events, const plait::detail::deadline& until, IsReady is_ready) {
  using plait::detail::attempt;
  detached([&] {
    events.wait([&]() noexcept { return is_ready() ? attempt::done : attempt::blocked; }, sleep_until(until),
                plait::detail::pace_of_items, plait::detail::waiting_habit::at(&events));
  });
}

// After such a wait, once the thread has taken what it waited for: whether it has left more. Wakes another
// waiter then.
template <class Events>
void hand_on(Events& events, bool more) {
  if constexpr (sleep_limits::looks_awake) plait::detail::waiting_habit::at(&events).learn(more);
  if (more) events.notify_one();
}

}  // namespace plait_python
