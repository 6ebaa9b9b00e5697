// SPDX-License-Identifier: MIT
// tbb: oneTBB's mutex and rw_mutex.
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>

#include "lock/lock.bench.hpp"
#include "lock/shared_lock.bench.hpp"

namespace {

const bench::registration mutexes([] {
  bench::add_mutex<tbb::mutex>("mutex", "tbb");
  bench::add_shared_mutex<tbb::rw_mutex>("tbb");
});

}  // namespace
