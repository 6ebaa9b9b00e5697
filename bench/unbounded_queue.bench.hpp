// SPDX-License-Identifier: MIT
// What of the workloads of queues is measured for unbounded_queue and its rivals. They ignore the capacity.
#pragma once

#include <string>

#include "queue.bench.hpp"

namespace bench {

template <queue_peer Queue>
void add_unbounded_queue(const std::string& name) {
  const std::string structure = "unbounded_queue";
  add_throughput<Queue>(structure, "throughput", name);
  suite().push_back({structure, "pair", "1T", name, 1, pair<Queue>});
  add_burst<Queue>(structure, 10'000'000, name);
  suite().push_back({structure, "ping_pong", "1P1C", name, 2, ping_pong<Queue>, headline::time_per_item});
}

template <batch_queue_peer Queue>
void add_unbounded_batch_queue(const std::string& name) {
  constexpr queue_shape shape{1, 1};
  suite().push_back({"unbounded_queue", "batch", shape.name(), name, shape.threads(), batch_throughput<Queue>});
}

}  // namespace bench
