// SPDX-License-Identifier: MIT
// Workloads that fail, so that the test of the command line sees what happens then.
#include <atomic>
#include <cstdint>
#include <optional>

#include <plait/bounded_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/workload.hpp"

namespace {

using stress::round;
using stress::workload;

// A queue whose pop() now and then sends an item back to the end.
class forgetful_queue : public plait::bounded_queue<std::uint64_t> {
 public:
  using plait::bounded_queue<std::uint64_t>::bounded_queue;

  std::optional<std::uint64_t> pop() {
    const std::optional<std::uint64_t> first = bounded_queue::pop();
    const bool goes_back = first && ++pops_ % 16 == 0 && try_push(*first) == plait::conqueue_status::success;
    return goes_back ? bounded_queue::pop() : first;
  }

 private:
  std::atomic<std::uint64_t> pops_ = 0;
};

const workload overtaking{"broken/overtaking", [](const round& of) {
                            return stress::push_and_pop<forgetful_queue>(of,
                                                                         stress::ending::when_all_is_pushed);
                          }};

// Nobody puts anything in.
const workload hanging{
    "broken/hanging", [](const round& of) {
      plait::bounded_queue<std::uint64_t> queue(1);
      stress::team threads(of);
      threads.add("consumer", [&](stress::member& who) { who.does("pop", [&] { return queue.pop(); }); });
      threads.run();
      return stress::tally{};
    }};

}  // namespace
