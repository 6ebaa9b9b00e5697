// SPDX-License-Identifier: MIT
// The workloads of queues, for plait and every rival alike. workloads.md says what each one is.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <malloc.h>

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

// As above, with handles that push or pop several items at a time.
template <class Queue>
concept batch_queue_peer = queue_peer<Queue> && requires(Queue queue, std::span<std::uint64_t> items) {
  producer_of(queue).push_n(items);                                  // all of them
  { consumer_of(queue).pop_n(items) } -> std::same_as<std::size_t>;  // at least one, at most all
};

// Items are numbers, or this: 64 bytes that can only be moved.
class move_only_line {
 public:
  move_only_line() = default;
  explicit move_only_line(std::uint64_t number) : words_{number} {}
  move_only_line(move_only_line&&) = default;
  move_only_line& operator=(move_only_line&&) = default;
  ~move_only_line() = default;

  explicit operator std::uint64_t() const { return words_[0]; }

 private:
  std::array<std::uint64_t, 8> words_{};
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

template <queue_peer Queue>
measurement throughput(queue_shape shape, std::chrono::nanoseconds time) {
  using item = typename Queue::value_type;
  Queue queue(1024);
  stop_flag stop;
  std::atomic<int> producers_left = shape.producers;

  const auto produce = [&](std::uint64_t number) {
    auto&& producer = producer_of(queue);
    tally pushed;
    for (; !stop(); ++number) {
      producer.push(item(number));
      pushed.add(number);
    }
    producer.push(item(producer_done));
    return pushed;
  };

  // A queue need only keep the order of each producer. So everything has been popped once every producer's end
  // marker has been popped, and the consumer that pops the last one tells the others.
  const auto consume = [&] {
    auto&& consumer = consumer_of(queue);
    tally popped;
    for (;;) {
      const auto number = static_cast<std::uint64_t>(consumer.pop());
      if (number >= first_number) {
        popped.add(number);
      } else if (number == all_done) {
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

// One producer and one consumer, each with an array of 64 numbers.
template <batch_queue_peer Queue>
measurement batch_throughput(std::chrono::nanoseconds time) {
  using batch = std::array<std::uint64_t, 64>;
  Queue queue(1024);
  stop_flag stop;

  const auto produce = [&](std::uint64_t number) {
    auto&& producer = producer_of(queue);
    tally pushed;
    batch items;
    for (; !stop(); number += items.size()) {
      std::iota(items.begin(), items.end(), number);
      for (const std::uint64_t item : items) pushed.add(item);
      producer.push_n(items);
    }
    items.front() = producer_done;
    producer.push_n(std::span(items).first(1));
    return pushed;
  };

  const auto consume = [&] {
    auto&& consumer = consumer_of(queue);
    tally popped;
    batch items;
    for (;;) {
      const std::size_t count = consumer.pop_n(items);
      const bool last = items[count - 1] == producer_done;
      for (const std::uint64_t item : std::span(items).first(last ? count - 1 : count)) popped.add(item);
      if (last) return popped;
    }
  };

  return pass_on({1, 1}, time, stop, produce, consume);
}

template <queue_peer Queue>
measurement pair(std::chrono::nanoseconds time) {
  Queue queue(1024);
  stop_flag stop;
  tally pushed;
  tally popped;
  const job both = [&] {
    auto&& producer = producer_of(queue);
    auto&& consumer = consumer_of(queue);
    tally in;
    tally out;
    for (std::uint64_t number = first_number; !stop(); ++number) {
      producer.push(number);
      in.add(number);
      out.add(consumer.pop());
    }
    pushed = in;
    popped = out;
  };
  return counted(run_together({both}, time, stop), pushed, popped);
}

template <queue_peer Queue>
measurement ping_pong(std::chrono::nanoseconds time) {
  Queue there(1);
  Queue back(1);
  stop_flag stop;
  tally sent;
  tally returned;
  const job ping = [&] {
    auto&& producer = producer_of(there);
    auto&& consumer = consumer_of(back);
    for (std::uint64_t number = first_number; !stop(); ++number) {
      producer.push(number);
      sent.add(number);
      returned.add(consumer.pop());
    }
    producer.push(all_done);
  };
  const job pong = [&] {
    auto&& consumer = consumer_of(there);
    auto&& producer = producer_of(back);
    for (std::uint64_t number; (number = consumer.pop()) != all_done;) producer.push(number);
  };
  return counted(run_together({ping, pong}, time, stop), sent, returned);
}

template <queue_peer Queue>
measurement burst(std::uint64_t burst_size, std::chrono::nanoseconds time) {
  malloc_trim(0);
  const std::size_t resident_before = resident_bytes();
  const auto growth = [&] {
    return static_cast<double>(resident_bytes()) - static_cast<double>(resident_before);
  };
  Queue queue(burst_size);
  stop_flag stop;
  tally pushed;
  tally popped;
  const auto fill = [&](auto& producer) {
    for (std::uint64_t number = first_number; number != first_number + burst_size; ++number) {
      producer.push(number);
      pushed.add(number);
    }
  };
  const auto drain = [&](auto& consumer) {
    for (std::uint64_t i = 0; i != burst_size; ++i) popped.add(consumer.pop());
  };
  double resident_full = 0;
  double resident_drained = 0;
  const job both = [&] {
    auto&& producer = producer_of(queue);
    auto&& consumer = consumer_of(queue);
    fill(producer);
    resident_full = growth();
    drain(consumer);
    resident_drained = growth();
    while (!stop()) {
      fill(producer);
      drain(consumer);
    }
  };
  measurement measured = counted(run_together({both}, time, stop), pushed, popped);
  measured.extra = {{"resident_bytes_full", resident_full}, {"resident_bytes_drained", resident_drained}};
  return measured;
}

template <queue_peer Queue>
measurement idle(int threads, std::chrono::nanoseconds time) {
  Queue queue(1024);
  stop_flag stop;
  const job wait = [&] { consumer_of(queue).pop(); };
  const job end_all = [&] {
    std::this_thread::sleep_for(time);
    auto&& producer = producer_of(queue);
    for (int i = 0; i != threads; ++i) producer.push(all_done);
  };
  std::vector<job> jobs(static_cast<std::size_t>(threads), wait);
  jobs.push_back(end_all);
  measurement measured = run_together(jobs, time, stop);
  measured.items = 1;
  return measured;
}

template <queue_peer Queue>
void add_throughput(const std::string& structure, const std::string& workload, queue_shape shape,
                    const std::string& implementation) {
  suite().push_back({structure, workload, shape.name(), implementation, shape.threads(),
                     [shape](auto time) { return throughput<Queue>(shape, time); }});
}

template <queue_peer Queue>
void add_throughput(const std::string& structure, const std::string& workload,
                    const std::string& implementation) {
  for (const queue_shape shape : queue_shapes)
    add_throughput<Queue>(structure, workload, shape, implementation);
}

template <batch_queue_peer Queue>
void add_batch(const std::string& structure, const std::string& implementation) {
  suite().push_back({structure, "batch", "1P1C", implementation, 2, batch_throughput<Queue>});
}

template <queue_peer Queue>
void add_pair_and_ping_pong(const std::string& structure, const std::string& implementation) {
  suite().push_back({structure, "pair", "1T", implementation, 1, pair<Queue>});
  suite().push_back(
      {structure, "ping_pong", "1P1C", implementation, 2, ping_pong<Queue>, headline::time_per_item});
}

template <queue_peer Queue>
void add_burst(const std::string& structure, std::uint64_t size, const std::string& implementation) {
  suite().push_back(
      {structure, "burst", "1T", implementation, 1, [size](auto time) { return burst<Queue>(size, time); }});
}

template <queue_peer Queue>
void add_idle(const std::string& structure, const std::string& implementation, int threads = 4) {
  suite().push_back({structure, "idle", std::to_string(threads) + 'T', implementation, threads,
                     [=](auto) { return idle<Queue>(threads, std::chrono::milliseconds(500)); },
                     headline::cpu_seconds});
}

}  // namespace bench
