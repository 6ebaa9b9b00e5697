// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include <malloc.h>
#include <unistd.h>

#include <plait/unbounded_queue.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

constexpr std::int64_t burst = 10'000'000;

// Memory that the process takes, in MB.
double resident() {
  std::int64_t size = 0;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> size >> pages;
  return static_cast<double>(pages * sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace

void unbounded(page& out) {
  out.say("A push that must never wait needs a queue that grows:");
  out.code("unbounded_queue", "log");

  malloc_trim(0);
  const double before = resident();
  double full = 0;
  double drained = 0;
  double seconds_in = 0;
  double seconds_out = 0;
  {
    using std::chrono::steady_clock;
    const auto since = [](steady_clock::time_point start) {
      return std::chrono::duration<double>(steady_clock::now() - start).count();
    };
    plait::unbounded_queue<std::int64_t> queue;
    auto start = steady_clock::now();
    for (std::int64_t i = 0; i != burst; ++i) queue.push(i);
    seconds_in = since(start);
    full = resident() - before;
    queue.close();
    start = steady_clock::now();
    for (std::int64_t next = 0; const std::optional<std::int64_t> item = queue.pop(); ++next)
      if (*item != next) throw std::logic_error("the queue lost an item");
    seconds_out = since(start);
    drained = std::max(0.0, resident() - before);
  }
  out.say("Live: a burst of {} items of 8 bytes that nobody takes, and then somebody does:", grouped(burst));
  out.row("{:<24} {:>8.1f} MB  {:>8.1f} ns an item", "after the burst", full, seconds_in * 1e9 / burst);
  out.row("{:<24} {:>8.1f} MB  {:>8.1f} ns an item", "after the drain", drained, seconds_out * 1e9 / burst);
  out.gap();
  out.say(
      "A byte or so beside each item, {:.1f} bytes in all; and {:.1f} % of the memory is kept, the queue "
      "being alive: the rest is the system's again.",
      full * 1e6 / burst, full > 0 ? 100 * drained / full : 0.0);
}

}  // namespace plait::cli::tour
