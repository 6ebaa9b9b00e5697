// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <limits>

#include <plait/unbounded_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/workload.hpp"

namespace {

// For rounds that construct their queues with a capacity.
class queue_type : public plait::unbounded_queue<std::uint64_t> {
 public:
  explicit queue_type(std::size_t /*capacity*/ = 0) {}
  static std::size_t capacity() { return std::numeric_limits<std::size_t>::max(); }
};

const auto all = stress::queue_workloads<stress::push_and_pop<queue_type>>("unbounded_queue");

template <class T>
using queue_of = plait::unbounded_queue<T>;

stress::tally play_short_histories(const stress::round& of) {
  return stress::play_short_histories<queue_of, model::first_in_first_out>(of, "first_in_first_out");
}

const stress::workload short_histories("unbounded_queue/short_histories", play_short_histories);

}  // namespace
