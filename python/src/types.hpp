// SPDX-License-Identifier: MIT
// How the module's types are written down and added to it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "python.hpp"

namespace plait_python {

inline constexpr int fast = METH_FASTCALL | METH_KEYWORDS;

template <class Function>
void* slot(Function function) noexcept {
  return reinterpret_cast<void*>(function);
}

// Ends with the empty entry that Python looks for.
template <std::size_t... Sizes>
auto table_of(const std::array<PyMethodDef, Sizes>&... parts) {
  std::array<PyMethodDef, (Sizes + ...) + 1> all{};
  auto next = all.begin();
  (..., (next = std::ranges::copy(parts, next).out));
  return all;
}

// A new reference to the type, which the module has too. Null: an exception is set.
inline PyObject* add_type(PyObject* module, PyType_Spec spec, PyObject* base = nullptr) {
  PyObject* const type = PyType_FromModuleAndSpec(module, &spec, base);
  if (type == nullptr || PyModule_AddType(module, reinterpret_cast<PyTypeObject*>(type)) < 0) {
    Py_XDECREF(type);
    return nullptr;
  }
  return type;
}

// Runs `use`, and turns what C++ throws into an exception of Python.
template <class Use>
PyObject* guarded(Use use) {
  try {
    return use();
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
    return nullptr;
  }
}

// An object whose C++ part is a T. Python aligns objects to 16 bytes: a T that wants more lies elsewhere.
template <class T>
struct holder_of {
  static constexpr bool is_inside = alignof(T) <= 16;

  PyObject_HEAD std::conditional_t<is_inside, T, T*> value;

  static T& in(PyObject* self) noexcept {
    auto& value = reinterpret_cast<holder_of*>(self)->value;
    if constexpr (is_inside) {
      return value;
    } else {
      return *value;
    }
  }

  template <class... Args>
  static PyObject* make(PyTypeObject* type, Args&&... args) {
    PyObject* self = nullptr;
    try {
      if constexpr (is_inside) {
        self = type->tp_alloc(type, 0);
        if (self == nullptr) return nullptr;
        new (&reinterpret_cast<holder_of*>(self)->value) T(std::forward<Args>(args)...);
      } else {
        // First of all: a garbage collection, which making a T may run, must not meet an object without one.
        auto made = std::make_unique<T>(std::forward<Args>(args)...);
        self = type->tp_alloc(type, 0);
        if (self == nullptr) return nullptr;
        reinterpret_cast<holder_of*>(self)->value = made.release();
      }
    } catch (const std::bad_alloc&) {
      if (self != nullptr) {
        type->tp_free(self);
        Py_DECREF(type);
      }
      return PyErr_NoMemory();
    }
#if PY_VERSION_HEX >= 0x030E0000
    PyUnstable_Object_EnableDeferredRefcount(self);
#endif
    return self;
  }
  static void destroy(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if constexpr (is_inside) {
      in(self).~T();
    } else {
      delete &in(self);
    }
    type->tp_free(self);
    Py_DECREF(type);
  }
  static int traverse_type(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    return 0;
  }
};

inline constexpr unsigned usual_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;

}  // namespace plait_python
