// SPDX-License-Identifier: MIT
// The arguments that acquire() takes, as in the module threading.
#include "arguments.hpp"
#include "lock_types.hpp"

namespace plait_python {

bool parse_acquire(PyObject* const* given, Py_ssize_t count, PyObject* keywords, patience& how_long) {
  static constexpr signature<2> names{"acquire", {"blocking", "timeout"}};
  constexpr double longest = 9223372036;  // seconds: threading.TIMEOUT_MAX
  if (count == 0 && keywords == nullptr) return true;
  std::array<PyObject*, 2> values{};
  if (!names.parse(given, count, keywords, values)) return false;
  const int blocks = values[0] != nullptr ? PyObject_IsTrue(values[0]) : 1;
  const double seconds = values[1] != nullptr ? PyFloat_AsDouble(values[1]) : -1;
  if (PyErr_Occurred() != nullptr) return false;
  how_long.may_wait = blocks != 0;
  if (seconds == -1) return true;
  if (blocks == 0) {
    PyErr_SetString(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
  } else if (!(seconds >= 0)) {
    PyErr_SetString(PyExc_ValueError, "timeout value must be a non-negative number");
  } else if (seconds > longest) {
    PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
  } else {
    return how_long.parse(nullptr, values[1]);
  }
  return false;
}

}  // namespace plait_python
