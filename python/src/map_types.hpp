// SPDX-License-Identifier: MIT
// Dictionaries: the one under ExpiringCache, and StatsDict.
#pragma once

#include "python.hpp"

namespace plait_python {

// The types. False: an exception is set.
bool add_cache_types(PyObject* module);
bool add_stats_types(PyObject* module);

}  // namespace plait_python
