// SPDX-License-Identifier: MIT
// The module plait._core.
#include <new>

#include "count_types.hpp"
#include "doorbell_types.hpp"
#include "lock_types.hpp"
#include "map_types.hpp"
#include "module_state.hpp"
#include "python.hpp"
#include "queue_object.hpp"

namespace plait_python {

namespace {

module_state* state_of_module(PyObject* module) noexcept {
  return static_cast<module_state*>(PyModule_GetState(module));
}

// Called by os.register_at_fork() in the child.
PyObject* after_fork(PyObject* module, PyObject*) {
  module_state& state = *state_of_module(module);
  state.main_thread = PyThread_get_thread_ident();
  state.queues->after_fork([](queue_object& each) { each.store->reset_after_fork(); });
  state.rw_locks->after_fork([](rw_lock& each) { each.reset_after_fork(); });
  state.checked_locks->after_fork([](checked_lock& each) { each.reset_after_fork(); });
  reset_counters_after_fork();
  reset_lock_order_after_fork();
  Py_RETURN_NONE;
}

// A new reference to module.name; null: an exception is set.
PyObject* imported(const char* module, const char* name) {
  const reference from(PyImport_ImportModule(module));
  return from ? PyObject_GetAttrString(from.get(), name) : nullptr;
}

bool import_what_is_needed(module_state& state) {
  state.standard = PyImport_ImportModule("plait._standard");
  if (state.standard == nullptr) return false;
  state.empty = PyObject_GetAttrString(state.standard, "Empty");
  state.full = PyObject_GetAttrString(state.standard, "Full");
  state.shut_down = PyObject_GetAttrString(state.standard, "ShutDown");
  state.get_referents = imported("gc", "get_referents");
  return state.empty != nullptr && state.full != nullptr && state.shut_down != nullptr &&
         state.get_referents != nullptr;
}

bool find_main_thread(module_state& state) {
  const reference main_thread(imported("threading", "main_thread"));
  const reference thread(main_thread ? PyObject_CallNoArgs(main_thread.get()) : nullptr);
  const reference ident(thread ? PyObject_GetAttrString(thread.get(), "ident") : nullptr);
  if (!ident) return false;
  state.main_thread = PyLong_AsUnsignedLong(ident.get());
  return PyErr_Occurred() == nullptr;
}

bool register_at_fork(PyObject* module) {
  const reference function(imported("os", "register_at_fork"));
  const reference none(PyTuple_New(0));
  const reference keywords(PyDict_New());
  const reference hook(PyObject_GetAttrString(module, "_after_fork"));
  if (!function || !none || !keywords || !hook) return false;
  if (PyDict_SetItemString(keywords.get(), "after_in_child", hook.get()) < 0) return false;
  return static_cast<bool>(reference(PyObject_Call(function.get(), none.get(), keywords.get())));
}

int execute(PyObject* module) {
  module_state& state = *state_of_module(module);
  state.queues = new (std::nothrow) live_list<queue_object>();
  state.rw_locks = new (std::nothrow) live_list<rw_lock>();
  state.checked_locks = new (std::nothrow) live_list<checked_lock>();
  if (state.queues == nullptr || state.rw_locks == nullptr || state.checked_locks == nullptr) {
    PyErr_NoMemory();
    return -1;
  }
  const bool is_ready = import_what_is_needed(state) && find_main_thread(state) &&
                        add_queue_types(module, state) && add_store_view_type(module, state) &&
                        add_await_type(module, state) && add_count_types(module) && add_keyed_types(module) &&
                        add_cache_types(module) && add_stats_types(module) && add_doorbell_types(module) &&
                        add_rw_lock_types(module, state) && add_checked_lock_types(module) &&
                        add_lock_reports(module) && register_at_fork(module);
  return is_ready ? 0 : -1;
}

int traverse(PyObject* module, visitproc visit, void* arg) {
  const module_state& state = *state_of_module(module);
  for (PyObject* each :
       {state.empty, state.full, state.shut_down, state.standard, state.lock_side_type, state.store_view_type,
        state.get_referents, state.await_type, state.trio_name, state.not_yet})
    Py_VISIT(each);
  for (PyObject* each : state.queue_types) Py_VISIT(each);
  for (const auto& hooks : state.hooks)
    for (PyObject* each : hooks) Py_VISIT(each);
  return 0;
}

int clear(PyObject* module) {
  module_state& state = *state_of_module(module);
  free_spare_await(state);
  for (PyObject** each :
       {&state.empty, &state.full, &state.shut_down, &state.standard, &state.lock_side_type,
        &state.store_view_type, &state.get_referents, &state.await_type, &state.trio_name, &state.not_yet})
    Py_CLEAR(*each);
  for (PyObject*& each : state.queue_types) Py_CLEAR(each);
  for (auto& hooks : state.hooks)
    for (PyObject*& each : hooks) Py_CLEAR(each);
  return 0;
}

void destroy(void* module) {
  clear(static_cast<PyObject*>(module));
  module_state& state = *state_of_module(static_cast<PyObject*>(module));
  if (state.queues != nullptr) state.queues->abandon();
  if (state.rw_locks != nullptr) state.rw_locks->abandon();
  if (state.checked_locks != nullptr) state.checked_locks->abandon();
}

PyMethodDef methods[] = {
    {"_after_fork", after_fork, METH_NOARGS, nullptr},
    {},
};

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

}  // namespace

PyModuleDef core_module = {
    PyModuleDef_HEAD_INIT,
    "plait._core",
    "What plait's Python modules are made of. Import those.",
    sizeof(module_state),
    methods,
    slots,
    traverse,
    clear,
    destroy,
};

}  // namespace plait_python

PyMODINIT_FUNC PyInit__core() {
  return PyModuleDef_Init(&plait_python::core_module);
}
