// SPDX-License-Identifier: MIT
// shared_mutex against std::shared_mutex and, if they are there, absl::Mutex and oneTBB's: see peers/lock.
#include <shared_mutex>

#include <plait/shared_mutex.hpp>

#include "lock/shared_lock.bench.hpp"

namespace {

const bench::registration mutexes([] {
  bench::add_shared_mutex<plait::shared_mutex>("plait");
  bench::add_shared_mutex<std::shared_mutex>("std");
});

}  // namespace
