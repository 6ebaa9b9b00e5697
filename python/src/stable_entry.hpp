// SPDX-License-Identifier: MIT
// An item of a PriorityQueue with stable=True, which knows when it came: of two that are equally small, the one
// that came first is smaller.
#pragma once

#include <cstdint>

#include "module_state.hpp"
#include "python.hpp"

namespace plait_python {

struct stable_entry {
  PyObject_HEAD PyObject* item;
  std::uint64_t number;

  // A new reference. Null: an exception is set.
  static PyObject* make(const module_state& state, PyObject* item, std::uint64_t number);
  static PyObject* item_of(PyObject* entry) noexcept { return reinterpret_cast<stable_entry*>(entry)->item; }
};

// False: an exception is set.
bool add_stable_entry_type(PyObject* module, module_state& state);

}  // namespace plait_python
