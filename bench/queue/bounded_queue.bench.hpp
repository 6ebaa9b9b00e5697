// SPDX-License-Identifier: MIT
// What of the workloads of queues is measured for bounded_queue and its rivals.
#pragma once

#include <string>

#include "queue/queue.bench.hpp"

namespace bench {

// Everything that needs no more than a queue of numbers.
template <queue_peer Queue>
void add_bounded_queue(const std::string& name) {
  const std::string structure = "bounded_queue";
  add_throughput<Queue>(structure, "throughput", name);
  add_pair_and_ping_pong<Queue>(structure, name);
  add_burst<Queue>(structure, 32'768, name);
  add_idle<Queue>(structure, name);
}

template <queue_peer Queue>
void add_move_only_queue(const std::string& name) {
  add_throughput<Queue>("bounded_queue", "throughput_64B", name);
}

}  // namespace bench
