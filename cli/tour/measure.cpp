// SPDX-License-Identifier: MIT
#include "tour/measure.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "processors.hpp"

namespace plait::cli::tour {
namespace {

using clock = std::chrono::steady_clock;

}  // namespace

unsigned some_threads() {
  return std::max(2u, processors());
}

double run_together(unsigned threads, const std::function<void(unsigned)>& body) {
  std::atomic<unsigned> waiting = 0;
  std::atomic<bool> started = false;
  clock::time_point start;
  {
    std::vector<std::jthread> running;
    for (unsigned i = 0; i != threads; ++i) {
      running.emplace_back([&, i] {
        ++waiting;
        while (!started) std::this_thread::yield();
        body(i);
      });
    }
    while (waiting != threads) std::this_thread::yield();
    start = clock::now();
    started = true;
  }
  return std::chrono::duration<double>(clock::now() - start).count();
}

std::vector<double> medians_in_turn(const std::vector<std::function<double()>>& measurements) {
  constexpr std::size_t rounds = 5;
  std::vector<std::vector<double>> results(measurements.size());
  for (std::size_t round = 0; round != rounds; ++round) {
    for (std::size_t i = 0; i != measurements.size(); ++i) results[i].push_back(measurements[i]());
  }
  std::vector<double> medians;
  for (std::vector<double>& all : results) {
    std::ranges::sort(all);
    medians.push_back(all[rounds / 2]);
  }
  return medians;
}

std::string compared(double time, double with) {
  constexpr double noise = 1.1;
  const double ratio = with / time;
  if (ratio >= noise) return fmt::format("{:.1f} times as fast as", ratio);
  if (ratio <= 1 / noise) return fmt::format("{:.1f} times as slow as", 1 / ratio);
  return "about as fast as";
}

}  // namespace plait::cli::tour
