// SPDX-License-Identifier: MIT
// Python.h, with what its versions name differently, and an owned reference.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <cstddef>
#include <utility>

#include <Python.h>

#if PY_VERSION_HEX < 0x030C0000
#include <structmember.h>
#define Py_T_PYSSIZET T_PYSSIZET
#define Py_READONLY READONLY
#endif

namespace plait_python {

inline bool is_finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

// A strong reference, or null.
class reference {
 public:
  reference() noexcept = default;
  explicit reference(PyObject* owned) noexcept : object_(owned) {}
  static reference to(PyObject* borrowed) noexcept { return reference(Py_XNewRef(borrowed)); }
  reference(reference&& other) noexcept : object_(other.release()) {}
  reference& operator=(reference&& other) noexcept {
    PyObject* const old = std::exchange(object_, other.release());
    Py_XDECREF(old);
    return *this;
  }
  ~reference() { Py_XDECREF(object_); }

  PyObject* get() const noexcept { return object_; }
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

// The value of a key, a new reference; null without an exception: there is none. Other threads may change the
// dictionary meanwhile.
inline PyObject* dict_item(PyObject* dict, PyObject* key) noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* found = nullptr;
  static_cast<void>(PyDict_GetItemRef(dict, key, &found));
  return found;
#else
  return Py_XNewRef(PyDict_GetItemWithError(dict, key));
#endif
}

// The same, and the default is put in if there is none.
inline PyObject* dict_item_or(PyObject* dict, PyObject* key, PyObject* otherwise) noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* found = nullptr;
  static_cast<void>(PyDict_SetDefaultRef(dict, key, otherwise, &found));
  return found;
#else
  return Py_XNewRef(PyDict_SetDefault(dict, key, otherwise));
#endif
}

// What a weak reference refers to: a new reference, or null if that is gone or going.
inline PyObject* referent_of(PyObject* weak) noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* found = nullptr;
  static_cast<void>(PyWeakref_GetRef(weak, &found));
  return found;
#else
  PyObject* const found = PyWeakref_GetObject(weak);
  return found != Py_None ? Py_XNewRef(found) : nullptr;
#endif
}

// How a method that takes (args, count, keyword names) is written into a table.
template <class Function>
PyCFunction as_method(Function function) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

}  // namespace plait_python
