// SPDX-License-Identifier: MIT
// The workloads `latency` and `latency_busy` of queues: how long an item is on its way at a steady rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/prctl.h>

#include "queue/queue.bench.hpp"
#include "support/busy_neighbours.hpp"
#include "support/latencies.hpp"

namespace bench {

// How far apart items have to be for the producer to sleep until the next one is due. Closer than that it
// watches the clock, because a timer is late by about as much.
inline constexpr std::chrono::microseconds sleeps_from = std::chrono::microseconds(50);

// One producer pushes `count` numbers, each when it is due. A latency runs from the moment at which the item
// was due, not from that at which the producer got round to it: otherwise a stall would count once, for the
// item that it hit, and not for those that should have been pushed meanwhile. Without a rate they are pushed
// as fast as they can be.
template <queue_peer Queue, class Order = in_order>
measurement paced(std::size_t count, std::optional<double> per_second) {
  using clock = std::chrono::steady_clock;
  const bool sleeps = per_second && due(1, *per_second) >= sleeps_from;
  Queue queue(1024);
  stop_flag stop;
  clock::time_point start;                       // written before the first push
  std::vector<clock::time_point> due_at(count);  // each written before its item is pushed
  std::vector<std::chrono::nanoseconds> took(count);
  std::vector<std::chrono::nanoseconds> woke_late;  // the producer's own timer, whenever it had to wait
  woke_late.reserve(count);

  const auto wait_until = [&](clock::time_point when) {
    if (clock::now() >= when) return;
    if (sleeps) std::this_thread::sleep_until(when);
    clock::time_point now = clock::now();
    while (now < when) now = clock::now();
    woke_late.push_back(now - when);
  };
  const auto more = [&](std::uint64_t number) { return number != first_number + count; };
  const auto make = [&](std::uint64_t number) {
    const std::size_t index = number - first_number;
    if (!per_second) {
      due_at[index] = clock::now();
      return number;
    }
    if (index == 0) {
      ::prctl(PR_SET_TIMERSLACK, 1);  // of this thread; the system would otherwise add 50 us to every sleep
      start = clock::now();
    }
    due_at[index] = start + due(index, *per_second);
    wait_until(due_at[index]);
    return number;
  };
  const auto number_of = [&](std::uint64_t number) {
    const std::size_t index = number - first_number;
    if (index < count) took[index] = clock::now() - due_at[index];
    return number;
  };

  measurement measured = Order::stream(queue, {1, 1}, std::chrono::nanoseconds(0), stop, more, make, number_of);
  const auto microseconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  const latencies all(std::move(took));
  if (woke_late.empty()) woke_late.emplace_back(0);
  measured.extra = {
      {"p50_us", microseconds(all.percentile(50)), spread::typical},
      {"p99_us", microseconds(all.percentile(99)), spread::typical},
      {"p99.9_us", microseconds(all.percentile(99.9)), spread::typical},
      {"max_us", microseconds(all.longest()), spread::worst},
      {"timer_p99_us", microseconds(latencies(std::move(woke_late)).percentile(99)), spread::typical},
      {"per_second", per_second.value_or(0), spread::typical}};
  return measured;
}

// How many items a second pass when none has to wait until it is due; measured for at least `time`.
template <queue_peer Queue, class Order = in_order>
double largest_rate(std::chrono::nanoseconds time) {
  for (std::size_t count = 4096;; count *= 2) {
    const double seconds = paced<Queue, Order>(count, std::nullopt).seconds;
    if (seconds >= std::chrono::duration<double>(time).count()) return static_cast<double>(count) / seconds;
  }
}

struct latency_rate {
  const char* name;
  std::optional<double> per_second;  // or half of the largest
  int longer = 1;                    // how many times as long as other runs
};

// 10 000 items take so long that the last thousandth of them is ten.
inline constexpr latency_rate latency_rates[] = {
    {"10k", 10e3, 5}, {"100k", 100e3}, {"1M", 1e6}, {"half", std::nullopt}};

template <queue_peer Queue, class Order = in_order>
measurement latency(const latency_rate& rate, bool busy, std::chrono::nanoseconds time) {
  const std::optional<busy_neighbours> neighbours =
      busy ? std::optional<busy_neighbours>(std::in_place) : std::nullopt;
  const double per_second = rate.per_second ? *rate.per_second : largest_rate<Queue, Order>(time / 8) / 2;
  const double seconds = std::chrono::duration<double>(time * rate.longer).count();
  return paced<Queue, Order>(std::max<std::size_t>(static_cast<std::size_t>(per_second * seconds), 1),
                             per_second);
}

template <queue_peer Queue, class Order = in_order>
void add_latency(const std::string& structure, const std::string& implementation) {
  for (const bool busy : {false, true})
    for (const latency_rate& rate : latency_rates)
      suite().push_back({structure, busy ? "latency_busy" : "latency", rate.name, implementation, 2,
                         [=](auto time) { return latency<Queue, Order>(rate, busy, time); }, headline::p99});
}

}  // namespace bench
