// SPDX-License-Identifier: MIT
#include <cstdint>

#include <plait/spsc_queue.hpp>

#include "stress/queue_rounds.hpp"

namespace {

using queue_type = plait::spsc_queue<std::uint64_t>;

// One producer and one consumer, however many threads there may be. Only the consumer may discard.
stress::tally play(const stress::round& of, stress::ending how) {
  return stress::push_and_pop<queue_type>({.seed = of.seed, .threads = 2}, how);
}

const auto all = stress::closing_workloads<play>("spsc_queue");

}  // namespace
