// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <limits>
#include <plait/unbounded_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/workload.hpp"

namespace {

using stress::ending;
using stress::round;
using stress::tally;

// For rounds that give their queues a capacity.
class queue_type : public plait::unbounded_queue<std::uint64_t> {
 public:
  explicit queue_type(std::size_t /*capacity*/ = 0) {}
  static std::size_t capacity() { return std::numeric_limits<std::size_t>::max(); }
};

tally every_operation(const round& of) {
  return stress::push_and_pop<queue_type>(of, ending::when_all_is_pushed);
}
tally close_in_the_middle(const round& of) {
  return stress::push_and_pop<queue_type>(of, ending::in_the_middle);
}
tally discard_in_the_middle(const round& of) {
  return stress::push_and_pop<queue_type>(of, ending::discarded);
}

const stress::workload all[] = {{"unbounded_queue/every_operation", every_operation},
                                {"unbounded_queue/close_in_the_middle", close_in_the_middle},
                                {"unbounded_queue/discard_in_the_middle", discard_in_the_middle}};

}  // namespace
