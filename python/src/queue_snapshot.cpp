// SPDX-License-Identifier: MIT
// Looking at items without taking them.
//
// Only gc.get_referents() can do that without the GIL: it lets no other thread run, and asks tp_traverse, as a
// garbage collection does. It is asked for a view of the store, which refers to nothing but the items.
#include "queue_object.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

// It owns no reference to the items, and is hidden from garbage collections, which would count some.
struct store_view {
  PyObject_HEAD item_store* store;
};

int traverse_view(PyObject* self, visitproc visit, void* arg) {
  return reinterpret_cast<store_view*>(self)->store->traverse(visit, arg);
}

void deallocate_view(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

PyType_Slot view_slots[] = {
    {Py_tp_dealloc, slot(deallocate_view)},
    {Py_tp_traverse, slot(traverse_view)},
    {0, nullptr},
};

PyObject* items_of(item_store& store, const module_state& state) {
  if (heap_store* const heap = store.heap()) return heap->items();
  auto* const view = PyObject_GC_New(store_view, reinterpret_cast<PyTypeObject*>(state.store_view_type));
  if (view == nullptr) return nullptr;
  view->store = &store;
  const reference object(reinterpret_cast<PyObject*>(view));
  return PyObject_CallOneArg(state.get_referents, object.get());
}

}  // namespace

PyObject* queue_snapshot(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  if (!self->is_standard()) {
    reference items(items_of(*self->store, state_of(object)));
    if (!items || !self->is_standard()) return items.release();
  }
  return call_standard(self, "snapshot");
}

PyObject* queue_peek(PyObject* object, PyObject*) {
  const reference items(queue_snapshot(object, nullptr));
  if (!items) return nullptr;
  const Py_ssize_t size = PyList_GET_SIZE(items.get());
  if (size == 0) {
    PyErr_SetNone(state_of(object).empty);
    return nullptr;
  }
  const bool takes_last = queue_of(object)->store->ordered() == order::last_in_first_out;
  return Py_NewRef(PyList_GET_ITEM(items.get(), takes_last ? size - 1 : 0));
}

bool add_store_view_type(PyObject* module, module_state& state) {
  const PyType_Spec spec{"plait._core.StoreView", sizeof(store_view), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                         view_slots};
  state.store_view_type = PyType_FromModuleAndSpec(module, const_cast<PyType_Spec*>(&spec), nullptr);
  return state.store_view_type != nullptr;
}

}  // namespace plait_python
