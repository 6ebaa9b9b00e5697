// SPDX-License-Identifier: MIT
// A queue's life: made, sized, met by the garbage collector, destroyed; and after fork().
#include "queue_object.hpp"

#include <new>

namespace plait_python {

namespace {

item_store* make_store(order order, std::size_t bound, bool is_stable) {
  try {
    return new item_store(order, bound, is_stable);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return nullptr;
  }
}

}  // namespace

// It works without __init__ too: a subclass may never call ours.
PyObject* new_queue(PyTypeObject* type, order order) {
  auto* const self = reinterpret_cast<queue_object*>(type->tp_alloc(type, 0));
  if (self == nullptr) return nullptr;
  new (&self->now) std::atomic<life>(life::native);
  new (&self->is_sized) std::atomic<bool>(false);
  self->store = make_store(order, 0, false);
  if (self->store == nullptr) {
    Py_DECREF(self);
    return nullptr;
  }
#if PY_VERSION_HEX < 0x030C0000
  // Python 3.11 remembers where a method is only for objects that have their dictionary.
  self->dictionary = PyDict_New();
  if (self->dictionary == nullptr) {
    Py_DECREF(self);
    return nullptr;
  }
#endif
  state_of(self->object()).queues->add(*self);
#if PY_VERSION_HEX >= 0x030E0000
  PyUnstable_Object_EnableDeferredRefcount(self->object());
#endif
  return self->object();
}

namespace {

int size_queue(PyObject* object, PyObject* maxsize, bool is_stable) {
  queue_object* const self = queue_of(object);
  const reference bound = maxsize != nullptr ? reference::to(maxsize) : reference(PyLong_FromLong(0));
  if (!bound) return -1;
  const int has_hooks = Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE ? overrides_hooks(self) : 0;
  if (PyErr_Occurred() != nullptr) return -1;
  if (self->is_sized.exchange(true) || self->store->size() != 0) {
    PyErr_SetString(PyExc_RuntimeError, "__init__() of a queue was called twice, or after it was used");
    return -1;
  }
  int overflow = 0;
  const long long size = PyLong_Check(bound.get()) ? PyLong_AsLongLongAndOverflow(bound.get(), &overflow) : 0;
  const bool is_native =
      PyLong_Check(bound.get()) && overflow == 0 && size <= static_cast<long long>(item_store::largest_bound);
  if (is_stable && (has_hooks != 0 || !is_native)) {
    PyErr_SetString(PyExc_ValueError,
                    "stable=True needs a class that overrides none of _init, _qsize, _put and _get, and a "
                    "maxsize of at most 2**20");
    return -1;
  }
  if (has_hooks != 0 || !is_native) return begin_as_standard(self, bound.get()) ? 0 : -1;
  self->maxsize = size;
  if (size > 0 || is_stable) {
    const std::size_t places = size > 0 ? static_cast<std::size_t>(size) : 0;
    item_store* const sized = make_store(self->store->ordered(), places, is_stable);
    if (sized == nullptr) return -1;
    delete std::exchange(self->store, sized);
  }
  return 0;
}

}  // namespace

int init_queue(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"maxsize", nullptr};
  PyObject* maxsize = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:Queue", const_cast<char**>(names), &maxsize) == 0)
    return -1;
  return size_queue(self, maxsize, false);
}

int init_priority_queue(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"maxsize", "stable", nullptr};
  PyObject* maxsize = nullptr;
  int is_stable = 0;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O$p:PriorityQueue", const_cast<char**>(names),
                                  &maxsize, &is_stable) == 0)
    return -1;
  return size_queue(self, maxsize, is_stable != 0);
}

int init_simple_queue(PyObject* object, PyObject* arguments, PyObject* keywords) {
  static const char* const none[] = {nullptr};
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, ":SimpleQueue", const_cast<char**>(none)) == 0)
    return -1;
  queue_of(object)->is_sized = true;
  return 0;
}

int traverse_queue(PyObject* object, visitproc visit, void* arg) {
  queue_object* const self = queue_of(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->dictionary);
  return self->store != nullptr ? self->store->traverse(visit, arg) : 0;
}

int clear_queue(PyObject* object) {
  queue_object* const self = queue_of(object);
  Py_CLEAR(self->dictionary);
  if (self->store != nullptr) self->store->clear();
  return 0;
}

void deallocate_queue(PyObject* object) {
  queue_object* const self = queue_of(object);
  PyTypeObject* const type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->weak_references != nullptr) PyObject_ClearWeakRefs(object);
  if (self->store != nullptr) {
    live_list<queue_object>::remove(*self);
    clear_queue(object);
    delete self->store;
  } else {
    Py_CLEAR(self->dictionary);
  }
  type->tp_free(object);
  Py_DECREF(type);
}

bool is_queue(PyObject* object, const module_state& state) noexcept {
  for (PyObject* each : state.queue_types)
    if (PyObject_TypeCheck(object, reinterpret_cast<PyTypeObject*>(each))) return true;
  return false;
}

}  // namespace plait_python
