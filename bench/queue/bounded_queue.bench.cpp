// SPDX-License-Identifier: MIT
#include "queue/bounded_queue.bench.hpp"

#include <plait/bounded_queue.hpp>

#include "support/plait_queue.hpp"

namespace {

using numbers = plait::bounded_queue<std::uint64_t>;
template <class T>
using blocking = bench::blocking<plait::bounded_queue<T>>;
template <class T>
using nonblocking = bench::nonblocking<plait::bounded_queue<T>>;

const bench::registration plait_queues([] {
  bench::add_bounded_queue<bench::blocking<numbers>>("plait");
  bench::add_move_only_queue<blocking>("plait");
  bench::add_batch<bench::blocking<numbers>>("bounded_queue", "plait");
  // For comparison with a batch: the same items, one at a time.
  bench::add_throughput<bench::blocking<numbers>>("bounded_queue", "batch", {1, 1}, "plait_single");
  bench::add_bounded_queue<bench::nonblocking<numbers>>("plait_nonblocking");
  bench::add_move_only_queue<nonblocking>("plait_nonblocking");
});

}  // namespace
