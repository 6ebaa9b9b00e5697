// SPDX-License-Identifier: MIT
// Plays rounds of a workload until its time is over, a round finds a fault, or a round hangs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "stress/workload.hpp"

namespace stress {

struct plan {
  std::uint64_t seed = 0;                    // of the first round; the next rounds take the next seeds
  std::optional<std::size_t> threads;        // unless given, each round's seed decides
  std::chrono::duration<double> time{};      // for each workload; at least one round is played
  std::chrono::duration<double> patience{};  // a round that stands still for longer hangs
};

// How a workload went, or goes.
struct outcome {
  std::string name;
  tally done;
  double seconds = 0;
  std::optional<round> failed;  // the round that found a fault
  std::string fault;            // its description
};

struct callbacks {
  std::function<void(const outcome&)> progress;  // called between rounds, a few times a second
  std::function<bool()> is_stopped;              // asked between rounds: whether to end early
  // Called by another thread if a round hangs. It must end the program, because the round's threads cannot be
  // ended.
  std::function<void(const outcome&)> hang;
};

// How long the next workload may take, so that all that are left (at least one) share what is left of the
// time for all; never more than three seconds.
constexpr std::chrono::duration<double> fair_share(std::chrono::duration<double> left,
                                                   std::size_t workloads_left) {
  using seconds = std::chrono::duration<double>;
  return std::clamp(left / static_cast<double>(workloads_left), seconds(0), seconds(3));
}

outcome run(const workload& what, const plan& how, const callbacks& call);

}  // namespace stress
