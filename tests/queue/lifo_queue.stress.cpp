// SPDX-License-Identifier: MIT
#include <cstdint>
#include <random>
#include <span>

#include <plait/lifo_queue.hpp>

#include <verify/history/container_history.hpp>
#include <verify/history/lifo_monitor.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/workload.hpp"

namespace {

using queue_type = plait::lifo_queue<std::uint64_t>;

// Of one producer's values the youngest is on top; of two producers' values either may be.
bool may_precede(std::uint64_t first, std::uint64_t second) {
  return first >> 48 != second >> 48 || first > second;
}

stress::tally play(const stress::round& of, stress::ending how) {
  std::mt19937_64 random = of.random();
  const bool is_bounded = random() % 2 == 0;
  queue_type queue(is_bounded ? stress::drawn_capacity(random) : queue_type::max_capacity());
  const stress::queue_calls calls = stress::told_by(queue, of, how, random);
  const stress::tally done = stress::check_drained(
      queue, calls,
      [&](std::span<const history::container_call> some) {
        return history::find_lifo_fault(some, queue.capacity(), true);
      },
      "last_in_first_out");
  stress::require_order_in_each_batch(calls, may_precede);
  return done;
}

const auto all = stress::queue_workloads<play>("lifo_queue");

template <class T>
using queue_of = plait::lifo_queue<T>;

stress::tally play_short_histories(const stress::round& of) {
  return stress::play_short_histories<queue_of, model::last_in_first_out>(of, "last_in_first_out");
}

const stress::workload short_histories("lifo_queue/short_histories", play_short_histories);

}  // namespace
