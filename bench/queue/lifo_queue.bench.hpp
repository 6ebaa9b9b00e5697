// SPDX-License-Identifier: MIT
// The workloads of lifo_queue, for plait and every rival alike. workloads.md says what each one is.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "queue/queue.bench.hpp"

namespace bench {

// As throughput(), for queues that keep no order: the last producer to finish pushes one end marker for each
// consumer, and the consumer that pops the last marker pops what is left.
template <queue_peer Queue>
measurement throughput_in_any_order(queue_shape shape, std::chrono::nanoseconds time) {
  Queue queue(1024);
  stop_flag stop;
  std::atomic<int> producers_left = shape.producers;
  std::atomic<int> consumers_left = shape.consumers;
  std::atomic<std::uint64_t> pushed_count = 0;
  std::atomic<std::uint64_t> popped_count = 0;

  const auto produce = [&](std::uint64_t number) {
    auto&& producer = producer_of(queue);
    tally pushed;
    for (; !stop(); ++number) {
      producer.push(number);
      pushed.add(number);
    }
    pushed_count += pushed.count;
    if (producers_left.fetch_sub(1) == 1)
      for (int i = 0; i != shape.consumers; ++i) producer.push(all_done);
    return pushed;
  };

  const auto consume = [&] {
    auto&& consumer = consumer_of(queue);
    tally popped;
    for (std::uint64_t number; (number = consumer.pop()) != all_done;) popped.add(number);
    popped_count += popped.count;
    if (consumers_left.fetch_sub(1) == 1)
      for (std::uint64_t left = pushed_count - popped_count; left != 0; --left) popped.add(consumer.pop());
    return popped;
  };

  return pass_on(shape, time, stop, produce, consume);
}

template <queue_peer Queue>
void add_lifo_queue(const std::string& name) {
  const std::string structure = "lifo_queue";
  for (const queue_shape shape : queue_shapes)
    suite().push_back({structure, "throughput", shape.name(), name, shape.threads(),
                       [shape](auto time) { return throughput_in_any_order<Queue>(shape, time); }});
  add_pair_and_ping_pong<Queue>(structure, name);
  add_burst<Queue>(structure, 32'768, name);
  add_idle<Queue>(structure, name);
}

}  // namespace bench
