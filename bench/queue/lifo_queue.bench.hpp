// SPDX-License-Identifier: MIT
// The workloads of lifo_queue, for plait and every rival alike. workloads.md says what each one is.
#pragma once

#include <string>

#include "queue/queue_coarse.bench.hpp"
#include "queue/queue_latency.bench.hpp"

namespace bench {

template <queue_peer Queue>
void add_lifo_queue(const std::string& name) {
  const std::string structure = "lifo_queue";
  add_throughput<Queue, in_any_order>(structure, "throughput", name);
  add_pair_and_ping_pong<Queue>(structure, name);
  add_burst<Queue>(structure, 32'768, name);
  add_idle<Queue>(structure, name);
  add_latency<Queue, in_any_order>(structure, name);
  add_coarse<Queue, in_any_order>(structure, {{1, 1}, {2, 2}}, name);
}

}  // namespace bench
