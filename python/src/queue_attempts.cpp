// SPDX-License-Identifier: MIT
// What a task does before it waits, and whenever it is woken: an attempt whose failure costs no exception.
#include "doorbell_types.hpp"
#include "queue_object.hpp"

namespace plait_python {

namespace {

// Runs an attempt, and `slowly` if another thread is in its way, or the queue is closed. It then raises
// `impatient` instead of waiting: that, too, is not_yet.
template <class TryOnce, class Slowly>
PyObject* attempt(PyObject* self, TryOnce try_once, Slowly slowly, PyObject* module_state::* impatient,
                  PyObject* not_yet) {
  ring_by_call rings;
  PyObject* result = nullptr;
  try {
    switch (try_once(result)) {
      case outcome::blocked:
        result = Py_NewRef(not_yet);
        break;
      case outcome::busy:
      case outcome::closed:
        result = slowly();
        if (result == nullptr && PyErr_ExceptionMatches(state_of(self).*impatient) != 0) {
          PyErr_Clear();
          result = Py_NewRef(not_yet);
        }
        break;
      default:
        break;
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  rings.ring();
  return result;
}

}  // namespace

PyObject* queue_try_put(PyObject* self, PyObject* const* given, Py_ssize_t count) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "_try_put() takes an item, and what to return if there is no room");
    return nullptr;
  }
  return attempt(
      self,
      [self, given](PyObject*& result) {
        const outcome met = queue_of(self)->store->put(given[0]);
        if (met == outcome::done) result = Py_NewRef(Py_None);
        return met;
      },
      [self, given] { return put_now(self, given[0]); }, &module_state::full, given[1]);
}

PyObject* queue_try_get(PyObject* self, PyObject* not_yet) {
  return attempt(
      self, [self](PyObject*& item) { return queue_of(self)->store->take(item); },
      [self] { return get_now(self); }, &module_state::empty, not_yet);
}

}  // namespace plait_python
