// SPDX-License-Identifier: MIT
// Several items at once.
#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "arguments.hpp"
#include "detached.hpp"
#include "queue_object.hpp"

namespace plait_python {

namespace {

constexpr signature<3> get_many_signature{"get_many", {"max_items", "block", "timeout"}, 1};
constexpr signature<3> put_many_signature{"put_many", {"iterable", "block", "timeout"}, 1};

// The references in `items` become the list's.
PyObject* list_of(PyObject* const* items, std::size_t count) {
  PyObject* const list = PyList_New(static_cast<Py_ssize_t>(count));
  for (std::size_t at = 0; at != count; ++at) {
    if (list != nullptr) {
      PyList_SET_ITEM(list, static_cast<Py_ssize_t>(at), items[at]);
    } else {
      Py_DECREF(items[at]);
    }
  }
  return list;
}

// At most `most` items, as many as there are. Null: an exception is set, and no item is lost.
PyObject* take_list(item_store& store, std::size_t most) {
  std::vector<PyObject*> items(std::min(most, store.size()));
  const Py_ssize_t taken = store.take_many(items.data(), items.size());
  return taken < 0 ? nullptr : list_of(items.data(), static_cast<std::size_t>(taken));
}

// The same for a wait, in one step: an exception may come between the first item of a heap and the next.
outcome take_some(item_store& store, std::size_t most, PyObject*& list) {
  reference taken(take_list(store, most));
  if (!taken) return outcome::failed;
  if (PyList_GET_SIZE(taken.get()) == 0)
    return store.is_closed() && store.size() == 0 ? outcome::closed : outcome::blocked;
  list = taken.release();
  return outcome::done;
}

PyObject* full_after(queue_object* self, Py_ssize_t put) {
  // Full or ShutDown says how many went in.
  if (PyErr_ExceptionMatches(state_of(self->object()).full) == 0 &&
      PyErr_ExceptionMatches(state_of(self->object()).shut_down) == 0)
    return nullptr;
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  const reference count(PyLong_FromSsize_t(put));
  if (count) PyErr_SetObject(type, count.get());
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
  return nullptr;
}

}  // namespace

PyObject* queue_get_many(PyObject* object, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  queue_object* const self = queue_of(object);
  std::array<PyObject*, 3> values{};
  if (!get_many_signature.parse(given, count, keywords, values)) return nullptr;
  const Py_ssize_t most = PyNumber_AsSsize_t(values[0], PyExc_OverflowError);
  if (most < 1) {
    if (PyErr_Occurred() == nullptr)
      PyErr_Format(PyExc_ValueError, "max_items must be at least 1, not %zd", most);
    return nullptr;
  }
  patience checked;
  if (!checked.parse(values[1], values[2])) return nullptr;
  try {
    reference items(take_list(*self->store, static_cast<std::size_t>(most)));
    if (!items || PyList_GET_SIZE(items.get()) != 0) return items.release();
    // Waits for one, then takes what else there is.
    bool has_all = false;
    const taker take = [most, &has_all](item_store& store, PyObject*& got) {
      if (store.heap() == nullptr) return store.take(got);
      const outcome met = take_some(store, static_cast<std::size_t>(most), got);
      has_all = met == outcome::done;
      return met;
    };
    PyObject* got = nullptr;
    const outcome met = take(*self->store, got);
    reference first(met == outcome::done ? got : get_waiting(self, met, values[1], values[2], take));
    if (!first || has_all) return first.release();
    if (PyList_Append(items.get(), first.get()) < 0) return nullptr;
    if (most == 1) return items.release();
    const reference more(self->is_standard()
                             ? call_standard(self, "take_now", reference(PyLong_FromSsize_t(most - 1)).get())
                             : take_list(*self->store, static_cast<std::size_t>(most - 1)));
    if (!more || PyList_SetSlice(items.get(), 1, 1, more.get()) < 0) return nullptr;
    return items.release();
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* queue_put_many(PyObject* object, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  queue_object* const self = queue_of(object);
  std::array<PyObject*, 3> values{};
  if (!put_many_signature.parse(given, count, keywords, values)) return nullptr;
  patience how_long;
  if (!how_long.parse(values[1], values[2])) return nullptr;
  // A tuple of our own: another thread may change a list while this one waits.
  const reference items(PySequence_Tuple(values[0]));
  if (!items) return nullptr;
  const Py_ssize_t size = PyTuple_GET_SIZE(items.get());
  try {
    for (Py_ssize_t done = 0; done != size;) {
      PyObject* const* const rest = reinterpret_cast<PyTupleObject*>(items.get())->ob_item + done;
      const Py_ssize_t put = self->store->put_many(rest, static_cast<std::size_t>(size - done));
      if (put < 0) return nullptr;
      done += put;
      if (put != 0) continue;
      // No room: waits until there is some for the next one, for the time that is left.
      reference left = reference::to(Py_None);
      if (how_long.until) {
        const std::chrono::duration<double> time = *how_long.until - wait_clock::now();
        left = reference(PyFloat_FromDouble(std::max(0.0, time.count())));
      }
      PyObject* const next[] = {rest[0], how_long.may_wait ? Py_True : Py_False, left.get()};
      if (!left || !reference(queue_put(object, next, 3, nullptr))) return full_after(self, done);
      ++done;
    }
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  Py_RETURN_NONE;
}

PyObject* queue_drain(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  if (self->is_standard()) return call_standard(self, "take_now");
  try {
    reference items(take_list(*self->store, self->store->size()));
    if (!items || !self->is_standard()) return items.release();
    // It has just become a standard one, with the rest.
    const reference rest(call_standard(self, "take_now"));
    return rest ? PySequence_InPlaceConcat(items.get(), rest.get()) : nullptr;
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

// Drops the items and marks them done.
PyObject* queue_clear(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  const reference items(queue_drain(object, nullptr));
  if (!items) return nullptr;
  for (Py_ssize_t left = PyList_GET_SIZE(items.get()); left != 0; --left) {
    if (!self->is_standard() && self->store->task_done()) continue;
    if (self->is_standard() && !reference(call_standard(self, "task_done"))) return nullptr;
  }
  return PyLong_FromSsize_t(PyList_GET_SIZE(items.get()));
}

}  // namespace plait_python
