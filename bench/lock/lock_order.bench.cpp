// SPDX-License-Identifier: MIT
// A checked std::mutex, and one that is not checked.
#include "lock/lock_order.bench.hpp"

#include <mutex>

#include <plait/lock_order.hpp>

namespace {

const bench::registration lock_orders([] {
  bench::add_lock_order<plait::checked<std::mutex>>("plait");
  bench::add_lock_order<plait::checked<std::mutex, false>>("std_mutex");
});

}  // namespace
