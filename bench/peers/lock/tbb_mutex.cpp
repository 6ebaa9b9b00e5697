// SPDX-License-Identifier: MIT
// tbb: oneTBB's mutex.
#include <oneapi/tbb/mutex.h>

#include "lock/lock.bench.hpp"

namespace {

const bench::registration mutexes([] { bench::add_mutex<tbb::mutex>("mutex", "tbb"); });

}  // namespace
