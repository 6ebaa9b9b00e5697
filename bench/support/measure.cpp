// SPDX-License-Identifier: MIT
#include "measure.hpp"

#include <algorithm>
#include <fstream>
#include <latch>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <plait/detail/sync.hpp>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

usage usage::now() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return {.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
          .voluntary_switches = static_cast<double>(used.ru_nvcsw),
          .futex_calls = static_cast<double>(plait::detail::sync::futex_calls())};
}

usage operator-(const usage& later, const usage& earlier) {
  return {.cpu_seconds = later.cpu_seconds - earlier.cpu_seconds,
          .voluntary_switches = later.voluntary_switches - earlier.voluntary_switches,
          .futex_calls = later.futex_calls - earlier.futex_calls};
}

measurement run_together(const std::vector<job>& jobs, std::chrono::nanoseconds time, stop_flag& stop) {
  std::latch ready(static_cast<std::ptrdiff_t>(jobs.size()));
  std::latch go(1);
  std::latch begun(static_cast<std::ptrdiff_t>(jobs.size()));
  std::vector<clock::time_point> ends(jobs.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i != jobs.size(); ++i) {
    threads.emplace_back([&, i] {
      ready.count_down();
      go.wait();
      begun.count_down();
      jobs[i]();
      ends[i] = clock::now();
    });
  }

  ready.wait();
  const usage before = usage::now();
  const clock::time_point start = clock::now();
  go.count_down();
  begun.wait();  // else a thread that gets a processor late would find `stop` set, and do nothing
  std::this_thread::sleep_for(time);
  stop.raised.store(true, std::memory_order_relaxed);
  threads.clear();  // joins

  const std::chrono::duration<double> taken = std::ranges::max(ends) - start;
  measurement measured;
  measured.seconds = taken.count();
  measured.used = usage::now() - before;
  return measured;
}

std::size_t resident_bytes() {
  std::size_t size = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace bench
