// SPDX-License-Identifier: MIT
// The workloads of spsc_queue, for plait and every rival alike: those of bounded_queue with one producer and
// one consumer.
#pragma once

#include <string>

#include "queue/queue_coarse.bench.hpp"
#include "queue/queue_latency.bench.hpp"

namespace bench {

template <queue_peer Queue>
void add_spsc_queue(const std::string& name) {
  const std::string structure = "spsc_queue";
  add_throughput<Queue>(structure, "throughput", {1, 1}, name);
  add_pair_and_ping_pong<Queue>(structure, name);
  add_latency<Queue>(structure, name);
  add_coarse<Queue>(structure, {{1, 1}}, name);
}

}  // namespace bench
