// SPDX-License-Identifier: MIT
#include <cstdint>

#include <plait/spsc_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/workload.hpp"

namespace {

using queue_type = plait::spsc_queue<std::uint64_t>;

// One producer and one consumer, however many threads there may be. Only the consumer may discard.
stress::tally play(const stress::round& of, stress::ending how) {
  return stress::push_and_pop<queue_type>({.seed = of.seed, .threads = 2}, how);
}

const auto all = stress::closing_workloads<play>("spsc_queue");

template <class T>
using queue_of = plait::spsc_queue<T>;

stress::tally play_short_histories(const stress::round& of) {
  return stress::play_short_histories<queue_of, model::first_in_first_out,
                                      stress::queue_ends::of_one_thread_each>(of, "first_in_first_out");
}

const stress::workload short_histories("spsc_queue/short_histories", play_short_histories);

}  // namespace
