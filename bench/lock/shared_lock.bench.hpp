// SPDX-License-Identifier: MIT
// The workloads of locks that readers share, for plait and every rival alike. workloads.md says what each is.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "lock/lock.bench.hpp"

namespace bench {

// Every thread reads a number again and again; of so many operations, one is a write, or none.
template <class Mutex>
measurement read_and_write(std::size_t threads, std::chrono::nanoseconds time, std::uint64_t write_once_in) {
  guarded_count<Mutex> guarded;
  stop_flag stop;
  std::atomic<std::uint64_t> done = 0;
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> sum = 0;
  const job user = [&] {
    constexpr std::uint64_t between_looks = 64;
    std::uint64_t mine = 0, writes = 0, seen = 0;
    for (; !stop(); mine += between_looks)
      for (std::uint64_t i = 0; i != between_looks; ++i) {
        if (write_once_in != 0 && (mine + i) % write_once_in == 0) {
          const std::lock_guard hold(guarded.mutex);
          ++guarded.count;
          ++writes;
        } else {
          const std::shared_lock hold(guarded.mutex);
          seen += guarded.count;
        }
      }
    done += mine;
    written += writes;
    sum += seen;
  };
  measurement measured = run_together(std::vector(threads, user), time, stop);
  check_count(written, guarded.count);
  measured.items = static_cast<double>(done);
  return measured;
}

// All but one thread read without a pause; the last one writes once in a millisecond and looks how long it
// waits.
template <class Mutex>
measurement writer_wait(std::size_t readers, std::chrono::nanoseconds time) {
  using clock = std::chrono::steady_clock;
  guarded_count<Mutex> guarded;
  stop_flag stop;
  std::atomic<std::uint64_t> reads = 0;
  clock::duration longest{};
  std::uint64_t written = 0;
  std::vector<job> jobs(readers, [&] {
    std::uint64_t mine = 0, seen = 0;
    for (; !stop(); ++mine) {
      const std::shared_lock hold(guarded.mutex);
      seen += guarded.count;
    }
    reads += mine + (seen & 1);
  });
  jobs.emplace_back([&] {
    while (!stop()) {
      const clock::time_point before = clock::now();
      {
        const std::lock_guard hold(guarded.mutex);
        longest = std::max(longest, clock::now() - before);
        ++guarded.count;
        ++written;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  measurement measured = run_together(jobs, time, stop);
  check_count(written, guarded.count);
  measured.items = static_cast<double>(reads);
  measured.extra.emplace_back("writer_wait_ms", std::chrono::duration<double, std::milli>(longest).count());
  return measured;
}

template <class Mutex>
void add_shared_mutex(const std::string& name) {
  add_for_threads("shared_mutex", "read", name, [](std::size_t threads, std::chrono::nanoseconds time) {
    return read_and_write<Mutex>(threads, time, 0);
  });
  add_for_threads("shared_mutex", "write_once_in_1000", name,
                  [](std::size_t threads, std::chrono::nanoseconds time) {
                    return read_and_write<Mutex>(threads, time, 1000);
                  });
  suite().push_back(
      {"shared_mutex", "writer_wait", "4R1W", name, 5, [](auto time) { return writer_wait<Mutex>(4, time); }});
}

}  // namespace bench
