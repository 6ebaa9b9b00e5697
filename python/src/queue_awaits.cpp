// SPDX-License-Identifier: MIT
// What aget() and aput() return: a coroutine whose first attempt costs no frame of Python.
//
// Mostly there is an item, or room: then that is all. Otherwise the coroutines of plait/_awaiting.py wait, and
// this one hands on to theirs what it is sent. So it does wherever there is trio, where what need not wait lets
// others run, too.
#include "arguments.hpp"
#include "queue_object.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

struct await_object {
  PyObject_HEAD PyObject* queue;
  PyObject* item;  // to be put; null: one is to be taken
  PyObject* slow;  // the coroutine that waits; null while there is none
  bool has_begun;

  const char* name() const noexcept { return item != nullptr ? "aput" : "aget"; }
};

await_object* await_of(PyObject* self) noexcept {
  return reinterpret_cast<await_object*>(self);
}

// Most live no longer than one attempt: so one that has ended is kept, and is the next that is made. Not
// without the GIL, where threads would have to agree on it.
#ifdef Py_GIL_DISABLED
constexpr bool keeps_a_spare = false;
#else
constexpr bool keeps_a_spare = true;
#endif

await_object* new_await(module_state& state) {
  auto* const type = reinterpret_cast<PyTypeObject*>(state.await_type);
  if constexpr (keeps_a_spare) {
    if (PyObject* const spare = std::exchange(state.spare_await, nullptr)) {
      PyObject_Init(spare, type);
      PyObject_GC_Track(spare);
      return await_of(spare);
    }
  }
  return await_of(type->tp_alloc(type, 0));
}

// False: it is to be freed. It refers to nothing any more. A finalizer would not run a second time.
bool keep(PyObject* object, PyTypeObject* type) noexcept {
  PyObject* const module = reinterpret_cast<PyHeapTypeObject*>(type)->ht_module;
  if (!keeps_a_spare || module == nullptr || PyObject_GC_IsFinalized(object) != 0) return false;
  auto& state = *static_cast<module_state*>(PyModule_GetState(module));
  // The module that has no type any more is about to go.
  if (state.spare_await != nullptr || state.await_type == nullptr) return false;
  state.spare_await = object;
  return true;
}

PyObject* make_await(PyObject* queue, PyObject* item) {
  await_object* const self = new_await(state_of(queue));
  if (self == nullptr) return nullptr;
  self->queue = Py_NewRef(queue);
  self->item = Py_XNewRef(item);
  return reinterpret_cast<PyObject*>(self);
}

// Whether trio has been imported. While there are as many modules as when it had not been, it has not: it comes
// with dozens of them. -1: an exception is set.
int has_trio(module_state& state) {
  PyObject* const modules = PyImport_GetModuleDict();
  const Py_ssize_t count = PyDict_GET_SIZE(modules);
  if (state.modules_without_trio.load(std::memory_order_relaxed) == count) [[likely]]  // relaxed: one number
    return 0;
  const int found = PyDict_Contains(modules, state.trio_name);
  if (found == 0) state.modules_without_trio.store(count, std::memory_order_relaxed);  // relaxed: as above
  return found;
}

// Null: an exception is set.
PyObject* slow_coroutine(await_object* self) {
  if (self->slow == nullptr) {
    if (std::exchange(self->has_begun, true)) {
      PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
      return nullptr;
    }
    self->slow = self->item != nullptr ? PyObject_CallMethod(self->queue, "_aput", "(O)", self->item)
                                       : PyObject_CallMethod(self->queue, "_aget", nullptr);
  }
  return self->slow;
}

PySendResult await_send(PyObject* object, PyObject* value, PyObject** result) {
  await_object* const self = await_of(object);
  if (!self->has_begun) {
    module_state& state = state_of(self->queue);
    const int is_there = has_trio(state);
    if (is_there < 0) {
      *result = nullptr;
      return PYGEN_ERROR;
    }
    if (is_there == 0) {
      PyObject* const arguments[] = {self->item, state.not_yet};
      *result = self->item != nullptr ? queue_try_put(self->queue, arguments, 2)
                                      : queue_try_get(self->queue, state.not_yet);
      if (*result != state.not_yet) {
        self->has_begun = true;
        return *result != nullptr ? PYGEN_RETURN : PYGEN_ERROR;
      }
      Py_DECREF(*result);
    }
  }
  *result = nullptr;
  PyObject* const slow = slow_coroutine(self);
  return slow != nullptr ? PyIter_Send(slow, value, result) : PYGEN_ERROR;
}

PyObject* await_send_method(PyObject* self, PyObject* value) {
  PyObject* result = nullptr;
  switch (await_send(self, value, &result)) {
    case PYGEN_NEXT:
      return result;
    case PYGEN_RETURN:
      if (const reference end(PyObject_CallOneArg(PyExc_StopIteration, reference(result).get())); end)
        PyErr_SetObject(PyExc_StopIteration, end.get());
      return nullptr;
    default:
      return nullptr;
  }
}
PyObject* await_next(PyObject* self) {
  return await_send_method(self, Py_None);
}
PyObject* await_throw(PyObject* self, PyObject* arguments) {
  PyObject* const slow = slow_coroutine(await_of(self));
  const reference method(slow != nullptr ? PyObject_GetAttrString(slow, "throw") : nullptr);
  return method ? PyObject_CallObject(method.get(), arguments) : nullptr;
}
PyObject* await_close(PyObject* object, PyObject*) {
  await_object* const self = await_of(object);
  self->has_begun = true;
  if (self->slow != nullptr) return PyObject_CallMethod(self->slow, "close", nullptr);
  Py_RETURN_NONE;
}

int await_traverse(PyObject* object, visitproc visit, void* arg) {
  const await_object* const self = await_of(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->queue);
  Py_VISIT(self->item);
  Py_VISIT(self->slow);
  return 0;
}
// The queue and the item stay: they are what tells such an object from one that is made.
int await_clear(PyObject* object) {
  Py_CLEAR(await_of(object)->slow);
  return 0;
}
// Python says so about every coroutine.
void await_finalize(PyObject* object) {
  const await_object* const self = await_of(object);
  if (self->has_begun) return;
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%s.%s' was never awaited",
                       Py_TYPE(self->queue)->tp_name, self->name()) < 0)
    PyErr_WriteUnraisable(object);
  PyErr_Restore(type, error, trace);
}
void await_deallocate(PyObject* object) {
  await_object* const self = await_of(object);
  if (!self->has_begun && PyObject_CallFinalizerFromDealloc(object) < 0) return;
  PyTypeObject* const type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  Py_CLEAR(self->slow);
  Py_CLEAR(self->item);
  Py_CLEAR(self->queue);
  self->has_begun = false;
  if (!keep(object, type)) type->tp_free(object);
  Py_DECREF(type);
}

PyObject* await_name(PyObject* self, void*) {
  return PyUnicode_FromString(await_of(self)->name());
}

PyMethodDef await_methods[] = {
    {"send", await_send_method, METH_O, "send($self, value, /)\n--\n\nAs a coroutine's."},
    {"throw", await_throw, METH_VARARGS, "As a coroutine's."},
    {"close", await_close, METH_NOARGS, "close($self)\n--\n\nAs a coroutine's."},
    {},
};
PyGetSetDef await_attributes[] = {
    {"__name__", await_name, nullptr, nullptr, nullptr},
    {"__qualname__", await_name, nullptr, nullptr, nullptr},
    {},
};
PyType_Slot await_slots[] = {
    {Py_tp_doc, const_cast<char*>("What aget() and aput() return.")},
    {Py_tp_dealloc, slot(await_deallocate)},
    {Py_tp_finalize, slot(await_finalize)},
    {Py_tp_traverse, slot(await_traverse)},
    {Py_tp_clear, slot(await_clear)},
    {Py_tp_iter, slot(PyObject_SelfIter)},
    {Py_tp_iternext, slot(await_next)},
    {Py_am_await, slot(PyObject_SelfIter)},
    {Py_am_send, slot(await_send)},
    {Py_tp_methods, await_methods},
    {Py_tp_getset, await_attributes},
    {0, nullptr},
};

}  // namespace

void free_spare_await(module_state& state) noexcept {
  if (PyObject* const spare = std::exchange(state.spare_await, nullptr)) PyObject_GC_Del(spare);
}

PyObject* queue_aget(PyObject* self, PyObject*) {
  return make_await(self, nullptr);
}

PyObject* queue_aput(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  constexpr signature<1> aput_signature{"aput", {"item"}, 1};
  std::array<PyObject*, 1> values{};
  return aput_signature.parse(given, count, keywords, values) ? make_await(self, values[0]) : nullptr;
}

bool add_await_type(PyObject* module, module_state& state) {
  constexpr unsigned flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION;
  const PyType_Spec spec{"plait._core.QueueAwait", sizeof(await_object), 0, flags, await_slots};
  state.await_type = add_type(module, spec);
  state.trio_name = PyUnicode_InternFromString("trio");
  state.not_yet = PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type));
  return state.await_type != nullptr && state.trio_name != nullptr && state.not_yet != nullptr;
}

}  // namespace plait_python
