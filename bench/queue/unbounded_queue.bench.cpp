// SPDX-License-Identifier: MIT
#include "queue/unbounded_queue.bench.hpp"

#include <plait/unbounded_queue.hpp>

#include "support/plait_queue.hpp"

namespace {

struct numbers : plait::unbounded_queue<std::uint64_t> {
  explicit numbers(std::size_t /*capacity*/) {}
};

const bench::registration plait_queues([] {
  bench::add_unbounded_queue<bench::blocking<numbers>>("plait");
  bench::add_batch<bench::blocking<numbers>>("unbounded_queue", "plait");
  bench::add_idle<bench::blocking<numbers>>("unbounded_queue", "plait");
  bench::add_unbounded_queue<bench::nonblocking<numbers>>("plait_nonblocking");
});

}  // namespace
