// SPDX-License-Identifier: MIT
// The workloads of locks, for plait and every rival alike. workloads.md says what each one is.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "support/suite.hpp"

namespace bench {

// A lock and the number that it guards, on a cache line of their own.
template <class Mutex>
struct alignas(64) guarded_count {
  Mutex mutex;
  std::uint64_t count = 0;
};

inline void check_count(std::uint64_t made, std::uint64_t counted) {
  if (made != counted)
    throw wrong_result("locked " + std::to_string(made) + " times and counted " + std::to_string(counted));
}

// Every thread takes the lock, adds 1 and releases it.
template <class Mutex>
measurement lock_and_add(std::size_t threads, std::chrono::nanoseconds time) {
  guarded_count<Mutex> guarded;
  stop_flag stop;
  std::atomic<std::uint64_t> made = 0;
  const job adder = [&] {
    constexpr int between_looks = 64;
    std::uint64_t mine = 0;
    for (; !stop(); mine += between_looks)
      for (int i = 0; i != between_looks; ++i) {
        const std::lock_guard hold(guarded.mutex);
        ++guarded.count;
      }
    made += mine;
  };
  measurement measured = run_together(std::vector(threads, adder), time, stop);
  check_count(made, guarded.count);
  measured.items = static_cast<double>(guarded.count);
  return measured;
}

// The same, and each thread reads the clock before and after it waits.
template <class Mutex>
measurement longest_wait(std::size_t threads, std::chrono::nanoseconds time) {
  using clock = std::chrono::steady_clock;
  guarded_count<Mutex> guarded;
  stop_flag stop;
  std::atomic<std::uint64_t> made = 0;
  std::vector<clock::duration> longest(threads);
  std::vector<job> jobs;
  for (clock::duration& most : longest)
    jobs.emplace_back([&] {
      std::uint64_t mine = 0;
      for (; !stop(); ++mine) {
        const clock::time_point before = clock::now();
        const std::lock_guard hold(guarded.mutex);
        most = std::max(most, clock::now() - before);
        ++guarded.count;
      }
      made += mine;
    });
  measurement measured = run_together(jobs, time, stop);
  check_count(made, guarded.count);
  measured.items = static_cast<double>(guarded.count);
  measured.extra.emplace_back(
      "longest_wait_ms", std::chrono::duration<double, std::milli>(*std::ranges::max_element(longest)).count());
  return measured;
}

template <class Mutex>
void add_mutex(const std::string& structure, const std::string& name) {
  for (const int threads : {1, 2, 4, 16}) {
    const auto count = static_cast<std::size_t>(threads);
    suite().push_back({structure, "lock", std::to_string(threads) + 'T', name, threads,
                       [=](auto time) { return lock_and_add<Mutex>(count, time); }});
  }
  // Nobody can wait for longer than a run takes, so this one takes longer than others.
  suite().push_back({structure, "longest_wait", "16T", name, 16,
                     [](auto time) { return longest_wait<Mutex>(16, 5 * time); }});
}

}  // namespace bench
