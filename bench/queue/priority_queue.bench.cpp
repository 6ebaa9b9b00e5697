// SPDX-License-Identifier: MIT
// plait's own priority_queue; with stable_order its items carry 8 more bytes.
#include "queue/priority_queue.bench.hpp"

#include <functional>

#include <plait/priority_queue.hpp>

#include "support/plait_queue.hpp"

namespace {

template <class Order>
using queue_of = bench::blocking<plait::priority_queue<std::uint64_t, std::less<>, Order>>;

const bench::registration queues([] {
  bench::add_priority_queue<queue_of<plait::any_order>>("plait");
  bench::add_priority_queue<queue_of<plait::stable_order>>("plait_stable");
  bench::add_latency<bench::nonblocking<plait::priority_queue<std::uint64_t>>, bench::in_any_order>(
      "priority_queue", "plait_nonblocking");
  bench::add_idle<queue_of<plait::any_order>>("priority_queue", "plait");
});

}  // namespace
