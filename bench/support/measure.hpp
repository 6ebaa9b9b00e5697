// SPDX-License-Identifier: MIT
// Times one run of a benchmark: threads that start together, and what the process used meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

// What the whole process used.
struct usage {
  double cpu_seconds = 0;
  double voluntary_switches = 0;  // a thread went to sleep; yielding does not count
  double futex_calls = 0;         // of plait's own waiting

  static usage now();
  friend usage operator-(const usage& later, const usage& earlier);
};

// Which of several repetitions the table shows: the median, or the largest.
enum class spread { worst, typical };

// A figure of one workload alone.
struct extra_figure {
  std::string name;
  double value;
  spread shown = spread::worst;
};

struct measurement {
  double items = 0;    // what the workload counts: items popped, additions, round trips
  double seconds = 0;  // from the common start until the last thread was done
  usage used;
  std::vector<extra_figure> extra;
};

// Set when the time of a run is up. On a cache line of its own, because all threads read it all the time.
struct alignas(64) stop_flag {
  std::atomic<bool> raised{false};

  bool operator()() const noexcept { return raised.load(std::memory_order_relaxed); }
};

using job = std::function<void()>;

// Runs every job in a thread of its own. All start at once; `stop` is set `time` after the last one has got a
// processor, and the clock stops when the last job has returned.
measurement run_together(const std::vector<job>& jobs, std::chrono::nanoseconds time, stop_flag& stop);

std::size_t resident_bytes();

}  // namespace bench
