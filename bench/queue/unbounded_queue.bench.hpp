// SPDX-License-Identifier: MIT
// The workloads of queues that are measured for unbounded_queue and its rivals. They ignore the capacity.
#pragma once

#include <string>

#include "queue/queue_latency.bench.hpp"

namespace bench {

template <queue_peer Queue>
void add_unbounded_queue(const std::string& name) {
  const std::string structure = "unbounded_queue";
  add_throughput<Queue>(structure, "throughput", name);
  add_pair_and_ping_pong<Queue>(structure, name);
  add_burst<Queue>(structure, 10'000'000, name);
  add_latency<Queue>(structure, name);
}

}  // namespace bench
