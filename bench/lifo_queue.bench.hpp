// SPDX-License-Identifier: MIT
// The workloads of lifo_queue, for plait and every rival alike. workloads.md says what each one is.
#pragma once

#include <atomic>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "bounded_queue.bench.hpp"
#include "support/suite.hpp"

namespace bench {

// As throughput(), for queues that keep no order: the last producer to end pushes one end for each consumer,
// and whoever pops the last of these pops what is left.
template <queue_peer Queue>
measurement throughput_in_any_order(queue_shape shape, std::chrono::nanoseconds time) {
  Queue queue(1024);
  stop_flag stop;
  std::atomic<int> producers_left = shape.producers;
  std::atomic<int> consumers_left = shape.consumers;
  std::atomic<std::uint64_t> pushed_count = 0;
  std::atomic<std::uint64_t> popped_count = 0;

  const auto produce = [&](std::uint64_t number, tally& result) {
    auto&& producer = queue.producer();
    tally pushed;
    for (; !stop(); ++number) {
      producer.push(number);
      pushed.add(number);
    }
    result = pushed;
    pushed_count += pushed.count;
    if (producers_left.fetch_sub(1) == 1)
      for (int i = 0; i != shape.consumers; ++i) producer.push(all_done);
  };

  const auto consume = [&](tally& result) {
    auto&& consumer = queue.consumer();
    tally popped;
    for (std::uint64_t number; (number = consumer.pop()) != all_done;) popped.add(number);
    popped_count += popped.count;
    if (consumers_left.fetch_sub(1) == 1)
      for (std::uint64_t left = pushed_count - popped_count; left != 0; --left) popped.add(consumer.pop());
    result = popped;
  };

  std::vector<tally> pushed(static_cast<std::size_t>(shape.producers));
  std::vector<tally> popped(static_cast<std::size_t>(shape.consumers));
  std::vector<job> jobs;
  for (tally& result : pushed) {
    const std::uint64_t start = first_number + (std::uint64_t{jobs.size()} << 48);  // no two alike
    jobs.push_back([&produce, &result, start] { produce(start, result); });
  }
  for (tally& result : popped) jobs.push_back([&consume, &result] { consume(result); });

  measurement measured = run_together(jobs, time, stop);
  const tally total = std::accumulate(popped.begin(), popped.end(), tally{});
  check_same(std::accumulate(pushed.begin(), pushed.end(), tally{}), total);
  measured.items = static_cast<double>(total.count);
  return measured;
}

template <queue_peer Queue>
void add_lifo_queue(const std::string& name) {
  const std::string structure = "lifo_queue";
  for (const queue_shape shape : queue_shapes)
    suite().push_back({structure, "throughput", shape.name(), name, shape.threads(),
                       [shape](auto time) { return throughput_in_any_order<Queue>(shape, time); }});
  suite().push_back({structure, "pair", "1T", name, 1, pair<Queue>});
  add_burst<Queue>(structure, 32'768, name);
  suite().push_back({structure, "ping_pong", "1P1C", name, 2, ping_pong<Queue>, headline::time_per_item});
  add_idle<Queue>(structure, name);
}

}  // namespace bench
