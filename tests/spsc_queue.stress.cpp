// SPDX-License-Identifier: MIT
#include <cstdint>
#include <plait/spsc_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/workload.hpp"

namespace {

using stress::ending;
using stress::round;
using stress::tally;
using queue_type = plait::spsc_queue<std::uint64_t>;

// One producer and one consumer, however many threads there may be.
tally play(round of, ending how) {
  of.threads = 2;
  return stress::push_and_pop<queue_type>(of, how);
}

tally every_operation(const round& of) {
  return play(of, ending::when_all_is_pushed);
}
tally close_in_the_middle(const round& of) {
  return play(of, ending::in_the_middle);
}

const stress::workload all[] = {{"spsc_queue/every_operation", every_operation},
                                {"spsc_queue/close_in_the_middle", close_in_the_middle}};

}  // namespace
