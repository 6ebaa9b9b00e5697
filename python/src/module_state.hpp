// SPDX-License-Identifier: MIT
// What one interpreter's copy of the module knows: nothing is shared between interpreters.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "live_list.hpp"
#include "python.hpp"

namespace plait_python {

struct checked_lock;
struct queue_object;
struct rw_lock;

inline constexpr std::array hook_names{"_init", "_qsize", "_put", "_get"};

struct module_state {
  // Exceptions: the standard library's where it has them.
  PyObject* empty;
  PyObject* full;
  PyObject* shut_down;

  PyObject* standard;  // the module plait._standard
  // The defaults of the hooks, for each kind of queue.
  std::array<std::array<PyObject*, hook_names.size()>, 3> hooks;

  // Queue and SimpleQueue, from which all queues derive.
  std::array<PyObject*, 2> queue_types;

  // Of what snapshot() gives to gc.get_referents(), and that function.
  PyObject* store_view_type;
  PyObject* get_referents;

  // What RWLock.read() and write() return.
  PyObject* lock_side_type;

  // What aget() and aput() return; the name of a module; and what an attempt returns that has not succeeded.
  PyObject* await_type;
  PyObject* spare_await;  // the memory of one that has ended, or null
  PyObject* trio_name;
  PyObject* not_yet;
  std::atomic<Py_ssize_t> modules_without_trio;  // how many there were when trio was last looked for in vain

  unsigned long main_thread;

  // What fork() has to know of.
  live_list<queue_object>* queues;
  live_list<rw_lock>* rw_locks;
  live_list<checked_lock>* checked_locks;

  bool in_main_thread() const noexcept { return PyThread_get_thread_ident() == main_thread; }
};

extern PyModuleDef core_module;

inline module_state& state_of_type(PyTypeObject* type) {
  return *static_cast<module_state*>(PyModule_GetState(PyType_GetModuleByDef(type, &core_module)));
}

// Of an object whose type is one of the module's, or derives from one.
inline module_state& state_of(PyObject* self) {
  return state_of_type(Py_TYPE(self));
}

}  // namespace plait_python
