// SPDX-License-Identifier: MIT
// AtomicInt, StripedCounter and KeyedCounter; and what Counter adds to dict.
#pragma once

#include <cstdint>

#include "python.hpp"

namespace plait_python {

// False: TypeError or OverflowError is set.
bool to_int64(PyObject* number, std::int64_t& value);

// In the child of a fork.
void reset_counters_after_fork();

// The types. False: an exception is set.
bool add_count_types(PyObject* module);
bool add_keyed_types(PyObject* module);

}  // namespace plait_python
