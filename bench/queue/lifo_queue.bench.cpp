// SPDX-License-Identifier: MIT
#include "queue/lifo_queue.bench.hpp"

#include <plait/lifo_queue.hpp>

#include "support/plait_queue.hpp"

namespace {

using numbers = plait::lifo_queue<std::uint64_t>;

const bench::registration queues([] {
  bench::add_lifo_queue<bench::blocking<numbers>>("plait");
  bench::add_lifo_queue<bench::nonblocking<numbers>>("plait_nonblocking");
});

}  // namespace
