// SPDX-License-Identifier: MIT
#include <cstdint>
#include <random>
#include <span>

#include <plait/priority_queue.hpp>

#include <verify/history/container_history.hpp>
#include <verify/history/priority_monitor.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/workload.hpp"
#include "support/item_order.hpp"

namespace {

using history::ties;
using stress::ending;
using stress::round;
using stress::tally;

// The priority of a value, of 2 to the power of Bits different ones. They are scattered, so that their order is
// neither that of the producers nor that of time.
template <int Bits>
std::uint64_t priority_of(std::uint64_t value) {
  return value * 0x9E3779B97F4A7C15 >> (64 - Bits);
}

template <int Bits>
struct is_more_urgent {
  bool operator()(std::uint64_t a, std::uint64_t b) const noexcept {
    return priority_of<Bits>(a) < priority_of<Bits>(b);
  }
};

template <int Bits, class Equals>
tally play(const round& of, ending how, ties equals, std::mt19937_64& random) {
  using queue_type = plait::priority_queue<std::uint64_t, is_more_urgent<Bits>, Equals>;
  const bool is_bounded = random() % 2 == 0;
  queue_type queue(is_bounded ? stress::drawn_capacity(random) : queue_type::max_capacity());
  const stress::queue_calls calls = stress::told_by(queue, of, how, random);
  const tally done = stress::check_drained(queue, calls, [&](std::span<const history::container_call> some) {
    return history::find_priority_fault(some, priority_of<Bits>, equals, queue.capacity(), true);
  });
  stress::require_order_in_each_batch(calls, [&](std::uint64_t first, std::uint64_t second) {
    const bool is_tie = priority_of<Bits>(first) == priority_of<Bits>(second);
    const bool is_told_by_arrival = equals == ties::first_in_first_out && first >> 48 == second >> 48;
    return is_tie ? !is_told_by_arrival || first < second : is_more_urgent<Bits>()(first, second);
  });
  return done;
}

// All priorities are different; or there are two, so that many items are equal, and equals come out in any
// order or in the order of their pushes.
tally play(const round& of, ending how) {
  std::mt19937_64 random = of.random();
  switch (random() % 3) {
    case 0:
      return play<64, plait::any_order>(of, how, ties::any, random);
    case 1:
      return play<1, plait::any_order>(of, how, ties::any, random);
    default:
      return play<1, plait::stable_order>(of, how, ties::first_in_first_out, random);
  }
}

const auto all = stress::queue_workloads<play>("priority_queue");

struct is_of_more_urgent_class {
  bool operator()(int a, int b) const noexcept {
    return stress::priority_of_item(a) < stress::priority_of_item(b);
  }
};

template <class T>
using queue_of = plait::priority_queue<T>;
template <class T>
using stable_queue_of = plait::priority_queue<T, is_of_more_urgent_class, plait::stable_order>;

// All items are different; or there are three priorities, and equals come out in the order of their pushes.
tally play_short_histories(const round& of) {
  if (of.random(1)() % 2 == 0)
    return stress::play_short_histories<queue_of, model::smallest_first>(of, "smallest_first");
  return stress::play_short_histories<stable_queue_of, model::stable_smallest_first<stress::priority_of_item>>(
      of, "smallest_thousand_first_stable");
}

const stress::workload short_histories("priority_queue/short_histories", play_short_histories);

}  // namespace
