// SPDX-License-Identifier: MIT
// The workloads of queues that are measured for bounded_queue and its rivals.
#pragma once

#include <string>

#include "queue/queue_coarse.bench.hpp"
#include "queue/queue_latency.bench.hpp"

namespace bench {

// The workloads that need only a queue of numbers.
template <queue_peer Queue>
void add_bounded_queue(const std::string& name) {
  const std::string structure = "bounded_queue";
  add_throughput<Queue>(structure, "throughput", name);
  add_pair_and_ping_pong<Queue>(structure, name);
  add_burst<Queue>(structure, 32'768, name);
  add_idle<Queue>(structure, name);
  add_latency<Queue>(structure, name);
  add_coarse<Queue>(structure, {{1, 1}, {2, 2}}, name);
}

template <template <class> class Queue>
void add_move_only_queue(const std::string& name) {
  add_throughput<Queue<move_only<64>>>("bounded_queue", "throughput_64B", name);
  add_throughput<Queue<move_only<256>>>("bounded_queue", "throughput_256B", name);
}

}  // namespace bench
