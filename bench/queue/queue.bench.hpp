// SPDX-License-Identifier: MIT
// The workloads of queues, for plait and every rival alike. workloads.md says what each one is.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

#include "queue/queue_stream.bench.hpp"

namespace bench {

// A queue with handles that push or pop several items at a time.
template <class Queue>
concept batch_queue_peer = queue_peer<Queue> && requires(Queue queue, std::span<std::uint64_t> items) {
  producer_of(queue).push_n(items);                                  // all of them
  { consumer_of(queue).pop_n(items) } -> std::same_as<std::size_t>;  // at least one, at most all
};

// Items are numbers, or this: so many bytes, a multiple of 8, that can only be moved.
template <std::size_t Bytes>
class move_only {
 public:
  move_only() = default;
  explicit move_only(std::uint64_t number) : words_{number} {}
  move_only(move_only&&) = default;
  move_only& operator=(move_only&&) = default;
  ~move_only() = default;

  explicit operator std::uint64_t() const { return words_[0]; }

 private:
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words_{};
};

template <queue_peer Queue, class Order = in_order>
measurement throughput(queue_shape shape, std::chrono::nanoseconds time) {
  using item = typename Queue::value_type;
  Queue queue(1024);
  stop_flag stop;
  return Order::stream(
      queue, shape, time, stop, [&](std::uint64_t) { return !stop(); },
      [](std::uint64_t number) { return item(number); },
      [](const item& popped) { return static_cast<std::uint64_t>(popped); });
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

template <queue_peer Queue, class Order = in_order>
void add_throughput(const std::string& structure, const std::string& workload, queue_shape shape,
                    const std::string& implementation) {
  suite().push_back({structure, workload, shape.name(), implementation, shape.threads(),
                     [shape](auto time) { return throughput<Queue, Order>(shape, time); }});
}

template <queue_peer Queue, class Order = in_order>
void add_throughput(const std::string& structure, const std::string& workload,
                    const std::string& implementation) {
  for (const queue_shape shape : queue_shapes)
    add_throughput<Queue, Order>(structure, workload, shape, implementation);
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
