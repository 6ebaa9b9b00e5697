// SPDX-License-Identifier: MIT
// How an event loop is told that a queue has an item, or room, or that all is done.
#pragma once

#include "python.hpp"

namespace plait_python {

// While it lives, this thread tells the first hub that it rings by calling it, not by its descriptor. It is for
// what a task does: mostly its own loop is the one to be told, which need not ask the system then.
class ring_by_call {
 public:
  ring_by_call() noexcept;
  ring_by_call(const ring_by_call&) = delete;
  ring_by_call& operator=(const ring_by_call&) = delete;
  ~ring_by_call();

  // Runs Python code, so the destructor does not do it. An exception that is set stays.
  void ring() {
    if (hub_) [[unlikely]]
      call_hubs();
  }

  // Whether it calls this one; runs no Python code.
  bool takes(PyObject* hub) noexcept;

 private:
  void call_hubs();

  reference hub_;
  ring_by_call*& now_;  // this thread's: it is not looked up twice
  ring_by_call* const outer_;
};

// The types. False: an exception is set.
bool add_doorbell_types(PyObject* module);

}  // namespace plait_python
