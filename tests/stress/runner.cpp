// SPDX-License-Identifier: MIT
#include "stress/runner.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "stress/history_file.hpp"
#include "stress/team.hpp"

namespace stress {
namespace {

using clock = std::chrono::steady_clock;

std::vector<workload>& registry() {
  static std::vector<workload> all;
  return all;
}

// Calls bark() if no thread of the team has begun an operation for so long, while this lives. A round that goes
// on slowly, because other programs have the processors, does not hang. It measures in ten steps, so that a
// process that was stopped for a while, or a machine that slept, still has most of its time.
class watchdog {
 public:
  template <class Bark>
  watchdog(std::chrono::duration<double> patience, Bark bark)
      : thread_([patience, bark = std::move(bark)](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any over;
          std::uint64_t begun = team::operations_begun();
          for (int steps_in_vain = 0; steps_in_vain != 10;) {
            over.wait_for(lock, stop, patience / 10, [] { return false; });
            if (stop.stop_requested()) return;
            const std::uint64_t now = team::operations_begun();
            steps_in_vain = now == std::exchange(begun, now) ? steps_in_vain + 1 : 0;
          }
          bark();
        }) {}

 private:
  std::jthread thread_;
};

round make_round(const plan& how, std::uint64_t seed) {
  round made{seed, 0};
  made.threads = how.threads ? *how.threads : 2 + made.random()() % 7;
  return made;
}

}  // namespace

workload::workload(std::string its_name, body its_play) : name(std::move(its_name)), play(its_play) {
  registry().push_back(*this);
}

std::vector<workload> all_workloads() {
  std::vector<workload> all = registry();
  std::ranges::sort(all, {}, &workload::name);
  return all;
}

outcome run(const workload& what, const plan& how, const callbacks& call) {
  outcome result;
  result.name = what.name;
  const clock::time_point start = clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(clock::now() - start); };
  double shown = 0;
  for (std::uint64_t seed = how.seed; !result.failed; ++seed) {
    const round next = make_round(how, seed);
    const watchdog dog(how.patience, [&, finished = result] {
      outcome so_far = finished;
      so_far.seconds = elapsed().count();
      so_far.failed = next;
      so_far.fault =
          fmt::format("nothing has begun or ended for {:.3g} s:\n{}", how.patience.count(), team::described());
      call.hang(so_far);
    });
    try {
      exported().begin_round(what.name, next);
      result.done += what.play(next);
    } catch (const std::exception& wrong) {
      result.failed = next;
      result.fault = wrong.what();
    }
    result.seconds = elapsed().count();
    if (elapsed() >= how.time || call.is_stopped()) break;
    if (result.seconds > shown + 0.1) {
      shown = result.seconds;
      call.progress(result);
    }
  }
  return result;
}

}  // namespace stress
