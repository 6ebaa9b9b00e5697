// SPDX-License-Identifier: MIT
// The workloads of lock_order, for plait and every rival alike. workloads.md says what they are.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/suite.hpp"

namespace bench {

// Every thread locks and unlocks a Mutex of its own, while it holds `Held` others of its own in the same order:
// nobody waits, and nothing is new.
template <class Mutex, std::size_t Held>
measurement lock_under(std::size_t threads, std::chrono::nanoseconds time) {
  stop_flag stop;
  std::atomic<std::uint64_t> locked = 0;
  std::atomic<std::uint64_t> counted = 0;
  const job locker = [&] {
    constexpr int between_looks = 64;
    struct alignas(64) own {
      Mutex mutex;
    };
    std::array<own, Held> held;
    own last;
    for (own& each : held) each.mutex.lock();
    std::uint64_t count = 0;
    std::uint64_t mine = 0;
    for (; !stop(); count += between_looks)
      for (int i = 0; i != between_looks; ++i) {
        last.mutex.lock();
        ++mine;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        last.mutex.unlock();
      }
    for (std::size_t i = Held; i != 0; --i) held[i - 1].mutex.unlock();
    locked += count;
    counted += mine;
  };
  measurement measured = run_together(std::vector<job>(threads, locker), time, stop);
  if (locked != counted) throw wrong_result("a lock was lost");
  measured.items = static_cast<double>(locked);
  return measured;
}

template <class Mutex>
void add_lock_order(const std::string& name) {
  for (const int threads : {1, 2}) {
    const auto count = static_cast<std::size_t>(threads);
    const std::string shape = std::to_string(threads) + 'T';
    suite().push_back({"lock_order", "none_held", shape, name, threads,
                       [=](auto time) { return lock_under<Mutex, 0>(count, time); }, headline::time_per_item});
    suite().push_back({"lock_order", "four_held", shape, name, threads,
                       [=](auto time) { return lock_under<Mutex, 4>(count, time); }, headline::time_per_item});
  }
}

}  // namespace bench
