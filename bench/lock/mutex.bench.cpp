// SPDX-License-Identifier: MIT
// mutex compared with std::mutex and, if they are installed, absl::Mutex and oneTBB's: see peers/lock.
#include <mutex>

#include <plait/mutex.hpp>

#include "lock/lock.bench.hpp"

namespace {

const bench::registration mutexes([] {
  bench::add_mutex<plait::mutex>("mutex", "plait");
  bench::add_mutex<std::mutex>("mutex", "std");
});

}  // namespace
