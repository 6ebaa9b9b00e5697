// SPDX-License-Identifier: MIT
// How the tour measures: threads that start together, implementations that take turns, medians, and words for
// the results.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace plait::cli::tour {

// One for each processor that this process may use, and at least 2: one thread shows nothing.
unsigned some_threads();

// Runs body(0), body(1), ... in a thread each. Returns the seconds from their common start to the last end.
double run_together(unsigned threads, const std::function<void(unsigned)>& body);

// Nanoseconds that operation() takes each of `threads` threads that do nothing else, for 50 milliseconds.
template <class Operation>
double nanoseconds_each(unsigned threads, const Operation& operation) {
  using clock = std::chrono::steady_clock;
  constexpr int between_looks = 1000;
  std::atomic<std::int64_t> operations = 0;
  const double seconds = run_together(threads, [&](unsigned) {
    std::int64_t own = 0;
    for (const auto end = clock::now() + std::chrono::milliseconds(50); clock::now() < end;
         own += between_looks)
      for (int i = 0; i != between_looks; ++i) operation();
    operations += own;
  });
  return seconds * 1e9 * threads / static_cast<double>(operations.load());
}

// Each measurement is made several times, in turn with the others; the medians, in the same order.
std::vector<double> medians_in_turn(const std::vector<std::function<double()>>& measurements);

// How a time compares with another: "3.1 times as fast as", "about as fast as", "1.4 times as slow as".
std::string compared(double time, double with);

}  // namespace plait::cli::tour
