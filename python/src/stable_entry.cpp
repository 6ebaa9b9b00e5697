// SPDX-License-Identifier: MIT
// The type of a stable PriorityQueue's entries. Only heapq sees them.
#include "stable_entry.hpp"

#include "types.hpp"

namespace plait_python {

namespace {

stable_entry* entry_of(PyObject* self) noexcept {
  return reinterpret_cast<stable_entry*>(self);
}

// heapq asks for < alone. An item need have no other comparison.
PyObject* entry_compare(PyObject* self, PyObject* other, int operation) {
  if (operation != Py_LT || Py_TYPE(self) != Py_TYPE(other)) Py_RETURN_NOTIMPLEMENTED;
  PyObject* const mine = entry_of(self)->item;
  PyObject* const its = entry_of(other)->item;
  const int is_smaller = PyObject_RichCompareBool(mine, its, Py_LT);
  if (is_smaller != 0) return is_smaller > 0 ? Py_NewRef(Py_True) : nullptr;
  const int is_larger = PyObject_RichCompareBool(its, mine, Py_LT);
  if (is_larger < 0) return nullptr;
  return PyBool_FromLong(is_larger == 0 && entry_of(self)->number < entry_of(other)->number);
}

int entry_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(entry_of(self)->item);
  return 0;
}

// A cycle through it is ended by the queue, which drops its entries.
void entry_deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_XDECREF(entry_of(self)->item);
  type->tp_free(self);
  Py_DECREF(type);
}

PyType_Slot entry_slots[] = {
    {Py_tp_doc, const_cast<char*>("An item of a PriorityQueue, and when it came.")},
    {Py_tp_dealloc, slot(entry_deallocate)},
    {Py_tp_traverse, slot(entry_traverse)},
    {Py_tp_richcompare, slot(entry_compare)},
    {0, nullptr},
};

}  // namespace

PyObject* stable_entry::make(const module_state& state, PyObject* item, std::uint64_t number) {
  auto* const type = reinterpret_cast<PyTypeObject*>(state.stable_entry_type);
  PyObject* const self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  entry_of(self)->item = Py_NewRef(item);
  entry_of(self)->number = number;
  return self;
}

bool add_stable_entry_type(PyObject* module, module_state& state) {
  PyType_Spec spec{"plait._core.StableEntry", sizeof(stable_entry), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, entry_slots};
  state.stable_entry_type = PyType_FromModuleAndSpec(module, &spec, nullptr);
  return state.stable_entry_type != nullptr;
}

}  // namespace plait_python
