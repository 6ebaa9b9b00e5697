// SPDX-License-Identifier: MIT
// A checked mutex, std's or plait's, and both without checks.
#include "lock/lock_order.bench.hpp"

#include <mutex>

#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>

namespace {

const bench::registration lock_orders([] {
  bench::add_lock_order<plait::checked<std::mutex>>("plait");
  bench::add_lock_order<plait::checked<plait::mutex>>("plait_mutex");
  bench::add_lock_order<plait::checked<plait::mutex, false>>("plait_mutex_unchecked");
  bench::add_lock_order<plait::checked<std::mutex, false>>("std_mutex");
});

}  // namespace
