// SPDX-License-Identifier: MIT
// The workload of thread_specific, for plait and every rival alike. workloads.md says what it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "support/suite.hpp"

namespace bench {

// Variable: mine() is the calling thread's number.
template <class Variable>
measurement get(std::chrono::nanoseconds time) {
  Variable variable;
  stop_flag stop;
  std::uint64_t gets = 0;
  std::uint64_t found = 0;
  const job getter = [&] {
    constexpr int between_looks = 64;
    for (; !stop(); gets += between_looks) {
      for (int i = 0; i != between_looks; ++i) {
        ++variable.mine();
        std::atomic_signal_fence(std::memory_order_seq_cst);  // so that each access looks it up and writes it
      }
    }
    found = variable.mine();
  };
  measurement measured = run_together({getter}, time, stop);
  if (found != gets)
    throw wrong_result("added 1 " + std::to_string(gets) + " times, and found " + std::to_string(found));
  measured.items = static_cast<double>(gets);
  return measured;
}

template <class Variable>
void add_thread_specific(const std::string& name) {
  suite().push_back({"thread_specific", "get", "1T", name, 1, get<Variable>, headline::time_per_item});
}

}  // namespace bench
