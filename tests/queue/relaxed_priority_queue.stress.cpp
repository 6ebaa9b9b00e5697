// SPDX-License-Identifier: MIT
#include <cstdint>
#include <random>
#include <span>

#include <plait/relaxed_priority_queue.hpp>

#include <verify/history/container_history.hpp>
#include <verify/history/priority_monitor.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/workload.hpp"

namespace {

using queue_type = plait::relaxed_priority_queue<std::uint64_t>;

// The order has no bound, so the monitor gets equal priorities for all values. It checks that each is popped
// once, after its push, and that empty and drained are true.
stress::tally play(const stress::round& of, stress::ending how) {
  std::mt19937_64 random = of.random();
  queue_type queue;
  const auto same_priority = [](std::uint64_t) { return 0; };
  return stress::check_drained(
      queue, stress::told_by(queue, of, how, random),
      [&](std::span<const history::container_call> some) {
        return history::find_priority_fault(some, same_priority, history::ties::any, history::unbounded, true);
      },
      "any_item");
}

const auto all = stress::queue_workloads<play>("relaxed_priority_queue");

template <class T>
using queue_of = plait::relaxed_priority_queue<T>;

stress::tally play_short_histories(const stress::round& of) {
  return stress::play_short_histories<queue_of, model::any_item>(of, "any_item");
}

const stress::workload short_histories("relaxed_priority_queue/short_histories", play_short_histories);

}  // namespace
