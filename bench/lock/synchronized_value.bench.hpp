// SPDX-License-Identifier: MIT
// The workloads of values with their locks, for plait and every rival alike. workloads.md says what they are.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lock/lock.bench.hpp"

namespace bench {

using number = std::uint64_t;

// Numbers: two of them. add() adds 1 to the first; transfer() takes 1 from the first and adds it to the second.
template <class Numbers>
measurement change(std::size_t threads, std::chrono::nanoseconds time, void (Numbers::*call)(),
                   number sum_of_each) {
  Numbers numbers;
  stop_flag stop;
  std::atomic<number> made = 0;
  const job changer = [&] {
    constexpr int between_looks = 64;
    number mine = 0;
    for (; !stop(); mine += between_looks)
      for (int i = 0; i != between_looks; ++i) (numbers.*call)();
    made += mine;
  };
  measurement measured = run_together(std::vector(threads, changer), time, stop);
  check_count(made * sum_of_each, numbers.sum());
  measured.items = static_cast<double>(made);
  return measured;
}

template <class Numbers>
void add_synchronized_value(const std::string& name) {
  add_for_threads("synchronized_value", "add", name, [](std::size_t threads, std::chrono::nanoseconds time) {
    return change<Numbers>(threads, time, &Numbers::add, 1);
  });
  add_for_threads("synchronized_value", "apply_two", name,
                  [](std::size_t threads, std::chrono::nanoseconds time) {
                    return change<Numbers>(threads, time, &Numbers::transfer, 0);
                  });
}

}  // namespace bench
