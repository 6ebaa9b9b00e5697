// SPDX-License-Identifier: MIT
// Records what threads do to a structure, for the monitors (fifo_monitor.hpp and its siblings).
//
//   history::recorder<history::container_operation> told(2);
//   std::jthread producer([&] {
//     auto& log = told.thread(0);
//     for (std::uint64_t i = 0; i != 1000; ++i) {
//       const auto began = log.now();
//       queue.push(i);
//       log.add(began, {history::container_action::pushed, i});
//     }
//   });
//   ...
//   const auto calls = told.collect();  // when all threads are done
//   const auto fault = history::find_fifo_fault(calls);
//
// Each thread writes only to memory of its own, so recording orders nothing between threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>
#include <verify/history/timestamp.hpp>

namespace history {

template <class Operation>
class recorder {
 public:
  class alignas(128) log {  // no two share a cache line
   public:
    // Call it just before the call that is recorded.
    moment now() const noexcept { return clock_.begun(); }

    // Call it just after that call, with its result. A batch is several operations with the same interval.
    void add(moment began, Operation made) {
      const moment ended = end();
      add(began, ended, std::move(made));
    }
    moment end() const noexcept { return clock_.ended(); }
    void add(moment began, moment ended, Operation made) {
      calls_.push_back({std::move(made), began, ended, thread_});
    }

    // The calls of this thread in their order, in the clock's own units.
    const std::vector<call<Operation>>& calls() const noexcept { return calls_; }

   private:
    friend recorder;
    std::vector<call<Operation>> calls_;
    timestamp_clock clock_;
    std::uint32_t thread_ = 0;
  };

  // Reserves room for `expected` operations of each thread, so that growing does not disturb the measurement.
  explicit recorder(std::size_t threads, std::size_t expected = 1024) : logs_(threads) {
    for (std::size_t i = 0; i != threads; ++i) {
      logs_[i].calls_.reserve(expected);
      logs_[i].thread_ = static_cast<std::uint32_t>(i);
    }
    start_ticks_ = clock_.begun();
  }

  log& thread(std::size_t number) { return logs_.at(number); }

  // All that was recorded, thread by thread, in ticks since the recorder was made.
  std::vector<call<Operation>> collect() const {
    std::size_t size = 0;
    for (const log& each : logs_) size += each.calls_.size();
    std::vector<call<Operation>> result;
    result.reserve(size);
    for (const log& each : logs_)
      for (call<Operation> c : each.calls_) {
        c.begin -= start_ticks_;
        c.end -= start_ticks_;
        result.push_back(std::move(c));
      }
    return result;
  }

  // How long a tick is, measured from the recorder's construction until now.
  double nanoseconds_per_tick() const {
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start_;
    return passed.count() / static_cast<double>(std::max<moment>(1, clock_.ended() - start_ticks_));
  }

 private:
  std::vector<log> logs_;
  timestamp_clock clock_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  moment start_ticks_ = 0;
};

}  // namespace history
