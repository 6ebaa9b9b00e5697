// SPDX-License-Identifier: MIT
// plait's own priority_queue; with stable_order its items carry 8 more bytes.
#include "priority_queue.bench.hpp"

#include <functional>
#include <plait/priority_queue.hpp>

namespace {

template <class Order>
class plait_queue {
 public:
  void push(std::uint64_t item) { queue_.push(item); }
  std::uint64_t pop() {
    return *queue_.pop();
  }  // NOLINT(bugprone-unchecked-optional-access): it is never closed

 private:
  plait::priority_queue<std::uint64_t, std::less<>, Order> queue_;
};

const bench::registration queues([] {
  bench::add_priority_queue<plait_queue<plait::any_order>>("plait");
  bench::add_priority_queue<plait_queue<plait::stable_order>>("plait_stable");
});

}  // namespace
