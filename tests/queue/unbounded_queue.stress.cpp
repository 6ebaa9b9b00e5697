// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <limits>

#include <plait/unbounded_queue.hpp>

#include "stress/queue_rounds.hpp"

namespace {

// For rounds that give their queues a capacity.
class queue_type : public plait::unbounded_queue<std::uint64_t> {
 public:
  explicit queue_type(std::size_t /*capacity*/ = 0) {}
  static std::size_t capacity() { return std::numeric_limits<std::size_t>::max(); }
};

const auto all = stress::queue_workloads<stress::push_and_pop<queue_type>>("unbounded_queue");

}  // namespace
