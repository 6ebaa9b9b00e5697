// SPDX-License-Identifier: MIT
// How an event loop is told that a queue has an item, or room.
#pragma once

#include "python.hpp"

namespace plait_python {

// The types. False: an exception is set.
bool add_doorbell_types(PyObject* module);

}  // namespace plait_python
