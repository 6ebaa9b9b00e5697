// SPDX-License-Identifier: MIT
// What the workloads of queues are made of: the queue as they use it, and a stream of numbers through it.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support/suite.hpp"

namespace bench {

// Each thread gets its own handle of a queue once. For most queues that is the queue itself.
template <class Queue>
decltype(auto) producer_of(Queue& queue) {
  if constexpr (requires { queue.producer(); })
    return queue.producer();
  else
    return (queue);
}
template <class Queue>
decltype(auto) consumer_of(Queue& queue) {
  if constexpr (requires { queue.consumer(); })
    return queue.consumer();
  else
    return (queue);
}

// A queue as the workloads use it.
template <class Queue>
concept queue_peer = requires(Queue queue, typename Queue::value_type item) {
  Queue(std::size_t{1024});                                                  // capacity
  producer_of(queue).push(std::move(item));                                  // waits while the queue is full
  { consumer_of(queue).pop() } -> std::same_as<typename Queue::value_type>;  // waits while it is empty
};

struct queue_shape {
  int producers;
  int consumers;

  std::string name() const { return std::to_string(producers) + 'P' + std::to_string(consumers) + 'C'; }
  int threads() const { return producers + consumers; }
};

inline constexpr queue_shape queue_shapes[] = {{1, 1}, {2, 2}, {4, 4}, {1, 4}, {4, 1}};

// Items below first_number end a run.
inline constexpr std::uint64_t producer_done = 0;
inline constexpr std::uint64_t all_done = 1;
inline constexpr std::uint64_t first_number = 2;

// What a thread pushed or popped.
struct tally {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;

  void add(std::uint64_t number) {
    ++count;
    sum += number;
  }
  friend tally operator+(const tally& a, const tally& b) { return {a.count + b.count, a.sum + b.sum}; }
  bool operator==(const tally&) const = default;
};

inline void check_same(const tally& pushed, const tally& popped) {
  if (pushed != popped)
    throw wrong_result("pushed " + std::to_string(pushed.count) + " items of sum " +
                       std::to_string(pushed.sum) + " and popped " + std::to_string(popped.count) + " of sum " +
                       std::to_string(popped.sum));
}

// Counts the items popped, after checking that they are the items pushed.
inline measurement counted(measurement measured, const tally& pushed, const tally& popped) {
  check_same(pushed, popped);
  measured.items = static_cast<double>(popped.count);
  return measured;
}

// Runs produce(first number) in every producer and consume() in every consumer. Each returns a tally.
template <class Produce, class Consume>
measurement pass_on(queue_shape shape, std::chrono::nanoseconds time, stop_flag& stop, const Produce& produce,
                    const Consume& consume) {
  std::vector<tally> pushed(static_cast<std::size_t>(shape.producers));
  std::vector<tally> popped(static_cast<std::size_t>(shape.consumers));
  std::vector<job> jobs;
  for (tally& result : pushed) {
    const std::uint64_t start = first_number + (std::uint64_t{jobs.size()} << 48);  // no two alike
    jobs.push_back([&produce, &result, start] { result = produce(start); });
  }
  for (tally& result : popped) jobs.push_back([&consume, &result] { result = consume(); });
  const measurement measured = run_together(jobs, time, stop);
  return counted(measured, std::accumulate(pushed.begin(), pushed.end(), tally{}),
                 std::accumulate(popped.begin(), popped.end(), tally{}));
}

// What passes through a queue, for a queue that keeps the order of each producer (in_order) or none
// (in_any_order). A producer pushes make(number) for its numbers, one after the other, as long as
// more(number) says so; number_of(item) is called by the consumer that popped it. Both kinds end when
// everything has been popped.
struct in_order {
  template <queue_peer Queue, class More, class Make, class NumberOf>
  static measurement stream(Queue& queue, queue_shape shape, std::chrono::nanoseconds time, stop_flag& stop,
                            const More& more, const Make& make, const NumberOf& number_of) {
    using item = typename Queue::value_type;
    std::atomic<int> producers_left = shape.producers;

    const auto produce = [&](std::uint64_t number) {
      auto&& producer = producer_of(queue);
      tally pushed;
      for (; more(number); ++number) {
        producer.push(make(number));
        pushed.add(number);
      }
      producer.push(item(producer_done));
      return pushed;
    };

    // Everything has been popped once every producer's end marker has been popped, and the consumer that pops
    // the last one tells the others.
    const auto consume = [&] {
      auto&& consumer = consumer_of(queue);
      tally popped;
      for (;;) {
        const item popped_item = consumer.pop();
        const auto mark = static_cast<std::uint64_t>(popped_item);
        if (mark >= first_number) {
          popped.add(number_of(popped_item));
        } else if (mark == all_done) {
          break;
        } else if (producers_left.fetch_sub(1) == 1) {
          auto&& producer = producer_of(queue);
          for (int i = 1; i != shape.consumers; ++i) producer.push(item(all_done));
          break;
        }
      }
      return popped;
    };

    return pass_on(shape, time, stop, produce, consume);
  }
};

struct in_any_order {
  template <queue_peer Queue, class More, class Make, class NumberOf>
  static measurement stream(Queue& queue, queue_shape shape, std::chrono::nanoseconds time, stop_flag& stop,
                            const More& more, const Make& make, const NumberOf& number_of) {
    using item = typename Queue::value_type;
    std::atomic<int> producers_left = shape.producers;
    std::atomic<int> consumers_left = shape.consumers;
    std::atomic<std::uint64_t> pushed_count = 0;
    std::atomic<std::uint64_t> popped_count = 0;

    // The last producer to finish pushes one end marker for each consumer.
    const auto produce = [&](std::uint64_t number) {
      auto&& producer = producer_of(queue);
      tally pushed;
      for (; more(number); ++number) {
        producer.push(make(number));
        pushed.add(number);
      }
      pushed_count += pushed.count;
      if (producers_left.fetch_sub(1) == 1)
        for (int i = 0; i != shape.consumers; ++i) producer.push(item(all_done));
      return pushed;
    };

    // The consumer that pops the last marker pops what is left.
    const auto consume = [&] {
      auto&& consumer = consumer_of(queue);
      tally popped;
      for (item got; static_cast<std::uint64_t>(got = consumer.pop()) != all_done;) popped.add(number_of(got));
      popped_count += popped.count;
      if (consumers_left.fetch_sub(1) == 1)
        for (std::uint64_t left = pushed_count - popped_count; left != 0; --left)
          popped.add(number_of(consumer.pop()));
      return popped;
    };

    return pass_on(shape, time, stop, produce, consume);
  }
};

}  // namespace bench
