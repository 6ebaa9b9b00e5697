// SPDX-License-Identifier: MIT
// The workloads of spsc_queue, for plait and every rival alike: those of bounded_queue with one producer and
// one consumer.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "bounded_queue.bench.hpp"
#include "support/suite.hpp"

namespace bench {

template <queue_peer Queue>
void add_spsc_queue(const std::string& name) {
  constexpr queue_shape shape{1, 1};
  const std::string structure = "spsc_queue";
  suite().push_back({structure, "throughput", shape.name(), name, shape.threads(),
                     [=](auto time) { return throughput<Queue>(shape, time); }});
  suite().push_back({structure, "pair", "1T", name, 1, pair<Queue>});
  suite().push_back({structure, "ping_pong", "1P1C", name, 2, ping_pong<Queue>, headline::time_per_item});
}

template <batch_queue_peer Queue>
void add_batch_spsc_queue(const std::string& name) {
  suite().push_back({"spsc_queue", "batch", "1P1C", name, 2, batch_throughput<Queue>});
}

}  // namespace bench
