// SPDX-License-Identifier: MIT
// The workload of the priority queues, for plait and every rival alike. workloads.md says what it is.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "queue/queue_latency.bench.hpp"
#include "support/suite.hpp"

namespace bench {

// A priority queue of numbers as the workloads use it: smallest first, and of any size.
template <class Queue>
concept priority_peer = queue_peer<Queue> && std::default_initializable<Queue> &&
                        std::same_as<typename Queue::value_type, std::uint64_t>;

// Steps of a walk that is the same in every run: numbers below 2^20.
class random_steps {
 public:
  explicit random_steps(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 44;
  }

 private:
  std::uint64_t state_;
};

template <priority_peer Queue, std::size_t Size>
measurement alternating(std::size_t threads, std::chrono::nanoseconds time) {
  Queue queue;
  stop_flag stop;
  random_steps fill(1);
  tally start;
  for (std::size_t i = 0; i != Size; ++i) {
    const std::uint64_t number = fill();
    queue.push(number);
    start.add(number);
  }
  std::vector<tally> pushed(threads);
  std::vector<tally> popped(pushed.size());
  std::vector<job> jobs;
  for (std::size_t i = 0; i != pushed.size(); ++i) {
    jobs.push_back([&queue, &stop, &in = pushed[i], &out = popped[i], seed = i + 2] {
      random_steps step(seed);
      tally mine_in, mine_out;
      std::uint64_t now = 0;
      while (!stop()) {
        const std::uint64_t number = now + step();
        queue.push(number);
        mine_in.add(number);
        now = queue.pop();
        mine_out.add(now);
      }
      in = mine_in;
      out = mine_out;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  tally total = std::accumulate(popped.begin(), popped.end(), tally{});
  measured.items = static_cast<double>(total.count);
  for (std::size_t i = 0; i != Size; ++i) total.add(queue.pop());
  check_same(std::accumulate(pushed.begin(), pushed.end(), start), total);
  return measured;
}

template <priority_peer Queue>
void add_priority_queue(const std::string& name) {
  add_for_threads("priority_queue", "alternating_512", name, alternating<Queue, 512>);
  add_for_threads("priority_queue", "alternating_65536", name, alternating<Queue, 65'536>);
  add_latency<Queue, in_any_order>("priority_queue", name);
}

}  // namespace bench
