// SPDX-License-Identifier: MIT
// Whether one item of a PriorityQueue is smaller than another, as Python's < says.
//
// Of numbers, and of tuples that begin with different numbers, this is known without a call of Python's.
#pragma once

#include <optional>

#include "python.hpp"

namespace plait_python {

// The value of an int whose comparison is one of machine words.
inline std::optional<Py_ssize_t> small_int(PyObject* object) noexcept {
  if (!PyLong_CheckExact(object)) return std::nullopt;
  auto* const number = reinterpret_cast<PyLongObject*>(object);
#if PY_VERSION_HEX >= 0x030C0000
  if (PyUnstable_Long_IsCompact(number) == 0) return std::nullopt;
  return PyUnstable_Long_CompactValue(number);
#else
  const Py_ssize_t size = Py_SIZE(number);  // with the sign: the number of digits
  if (size < -1 || size > 1) return std::nullopt;
  return size == 0 ? 0 : size * static_cast<Py_ssize_t>(number->ob_digit[0]);
#endif
}

// Of two numbers that are not equal; nothing: of all else.
inline std::optional<bool> number_is_less(PyObject* one, PyObject* other) noexcept {
  if (one == other) return std::nullopt;  // also of a NaN, which tuples take for equal to itself
  if (PyFloat_CheckExact(one) && PyFloat_CheckExact(other)) {
    const double first = PyFloat_AS_DOUBLE(one), second = PyFloat_AS_DOUBLE(other);
    if (first == second) return std::nullopt;
    return first < second;
  }
  const std::optional<Py_ssize_t> first = small_int(one);
  const std::optional<Py_ssize_t> second = first ? small_int(other) : std::nullopt;
  if (!second || *first == *second) return std::nullopt;
  return *first < *second;
}

// 1: it is, 0: it is not, -1: an exception is set.
inline int is_less(PyObject* one, PyObject* other) {
  std::optional<bool> known;
  if (!PyTuple_CheckExact(one)) {
    known = number_is_less(one, other);
  } else if (PyTuple_CheckExact(other) && PyTuple_GET_SIZE(one) != 0 && PyTuple_GET_SIZE(other) != 0) {
    known = number_is_less(PyTuple_GET_ITEM(one, 0), PyTuple_GET_ITEM(other, 0));
  }
  return known ? static_cast<int>(*known) : PyObject_RichCompareBool(one, other, Py_LT);
}

}  // namespace plait_python
