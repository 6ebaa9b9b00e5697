// SPDX-License-Identifier: MIT
// The arguments of a method, by position or by name, without a tuple or a dictionary.
#pragma once

#include <array>
#include <cstddef>

#include "python.hpp"

namespace plait_python {

// What a method takes: the first `required` arguments must be given.
template <std::size_t Count>
struct signature {
  const char* method;
  std::array<const char*, Count> names;
  std::size_t required = 0;

  // Null where an argument is not given. False: TypeError is set.
  bool parse(PyObject* const* given, Py_ssize_t positional, PyObject* keywords,
             std::array<PyObject*, Count>& values) const {
    if (static_cast<std::size_t>(positional) > Count) {
      PyErr_Format(PyExc_TypeError, "%s() takes at most %zu arguments, but %zd were given", method, Count,
                   positional);
      return false;
    }
    for (Py_ssize_t at = 0; at != positional; ++at) values[static_cast<std::size_t>(at)] = given[at];
    const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
    for (Py_ssize_t at = 0; at != named; ++at) {
      PyObject* const key = PyTuple_GET_ITEM(keywords, at);
      std::size_t which = 0;
      while (which != Count && PyUnicode_CompareWithASCIIString(key, names[which]) != 0) ++which;
      if (which == Count || values[which] != nullptr) {
        PyErr_Format(PyExc_TypeError,
                     which == Count ? "%s() got an unexpected keyword argument '%U'"
                                    : "%s() got multiple values for argument '%U'",
                     method, key);
        return false;
      }
      values[which] = given[positional + at];
    }
    for (std::size_t at = 0; at != required; ++at) {
      if (values[at] == nullptr) {
        PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%s'", method, names[at]);
        return false;
      }
    }
    return true;
  }
};

}  // namespace plait_python
