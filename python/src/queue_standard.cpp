// SPDX-License-Identifier: MIT
// A queue that becomes a standard one.
#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include "queue_object.hpp"

namespace plait_python {

namespace {

// All items in the order in which the standard container holds them. Null: an exception is set. A heap is held.
PyObject* take_all(item_store& store) {
  if (heap_store* const heap = store.heap()) {
    reference list(heap->items_held());
    if (list) heap->clear();
    return list.release();
  }
  reference list(PyList_New(0));
  outcome met = outcome::done;
  for (PyObject* item = nullptr; list && met != outcome::closed;) {
    met = store.take(item);
    if (met == outcome::busy) yield_detached();
    if (met != outcome::done) continue;
    const reference taken(item);
    if (PyList_Append(list.get(), item) < 0) return nullptr;
  }
  if (list && store.ordered() == order::last_in_first_out && PyList_Reverse(list.get()) < 0) return nullptr;
  return list.release();
}

}  // namespace

PyObject* call_standard(queue_object* self, const char* function, PyObject* first, PyObject* second,
                        PyObject* third, PyObject* fourth) {
  const reference callable(PyObject_GetAttrString(state_of(self->object()).standard, function));
  if (!callable) return nullptr;
  const std::array<PyObject*, 6> all{self->object(), first, second, third, fourth, nullptr};
  const auto count = static_cast<std::size_t>(std::ranges::find(all, nullptr) - all.begin());
  return PyObject_Vectorcall(callable.get(), all.data(), count, nullptr);
}

bool overrides_hooks(queue_object* self) {
  const auto& defaults = state_of(self->object()).hooks[static_cast<std::size_t>(self->store->ordered())];
  for (std::size_t at = 0; at != hook_names.size(); ++at) {
    const reference hook(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(self)), hook_names[at]));
    if (!hook) return false;
    if (hook.get() != defaults[at]) return true;
  }
  return false;
}

bool begin_as_standard(queue_object* self, PyObject* maxsize) {
  self->now.store(life::standard);
  self->store->close();
  return static_cast<bool>(reference(call_standard(self, "initialise", maxsize)));
}

// Other threads may be in the middle of an operation, or wait in one: they find the store closed or empty, and
// then wait until the queue is a standard one.
bool become_standard(queue_object* self) {
  if (heap_store* const heap = self->store->heap(); heap != nullptr && heap->is_stable()) {
    PyErr_SetString(
        PyExc_RuntimeError,
        "this needs an ordinary Python queue, which a PriorityQueue with stable=True cannot become");
    return false;
  }
  const reference bound(PyLong_FromLongLong(self->maxsize));
  if (!bound) return false;
  if (self->is_standard()) return true;
  // Before the change, which cannot be called off: a thread that compares two items has to go on.
  std::unique_lock<python_lock> held;
  if (heap_store* const heap = self->store->heap(); heap != nullptr && !(held = heap->hold())) return false;
  life expected = life::native;
  if (!self->now.compare_exchange_strong(expected, life::changing)) {
    if (held) held.unlock();
    return self->is_standard();
  }
  item_store& store = *self->store;
  const bool was_closed = store.is_closed();
  store.close();
  const reference items(take_all(store));
  std::size_t unfinished = 0;
  while (store.task_done()) ++unfinished;  // the last one wakes whoever waits in join()
  if (held) held.unlock();
  const reference undone(PyLong_FromSize_t(unfinished));
  const reference result(items && undone ? call_standard(self, "take_over", bound.get(), items.get(),
                                                         undone.get(), was_closed ? Py_True : Py_False)
                                         : nullptr);
  self->now.store(life::standard);
  return static_cast<bool>(result);
}

}  // namespace plait_python
