// SPDX-License-Identifier: MIT
// What of the workloads of queues is measured for bounded_queue and its rivals.
#pragma once

#include <string>

#include "queue.bench.hpp"

namespace bench {

// Everything that needs no more than a queue of numbers.
template <queue_peer Queue>
void add_bounded_queue(const std::string& name) {
  const std::string structure = "bounded_queue";
  add_throughput<Queue>(structure, "throughput", name);
  suite().push_back({structure, "pair", "1T", name, 1, pair<Queue>});
  add_burst<Queue>(structure, 32'768, name);
  suite().push_back({structure, "ping_pong", "1P1C", name, 2, ping_pong<Queue>, headline::time_per_item});
  add_idle<Queue>(structure, name);
}

template <queue_peer Queue>
void add_move_only_queue(const std::string& name) {
  add_throughput<Queue>("bounded_queue", "throughput_64B", name);
}

template <batch_queue_peer Queue>
void add_batch_queue(const std::string& name) {
  constexpr queue_shape shape{1, 1};
  suite().push_back({"bounded_queue", "batch", shape.name(), name, shape.threads(), batch_throughput<Queue>});
}

}  // namespace bench
