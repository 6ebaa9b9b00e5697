// SPDX-License-Identifier: MIT
// Workloads that fail, for the test of the command line.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include <plait/bounded_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/workload.hpp"
#include "support/item_order.hpp"

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

// A queue that sometimes returns full when it has room for one more.
class hasty_queue : public plait::bounded_queue<int> {
 public:
  using plait::bounded_queue<int>::bounded_queue;

  plait::conqueue_status try_push(int item) {
    const bool is_hasty = ++pushes_ % 4 == 0 && size() + 1 == capacity();
    return is_hasty ? plait::conqueue_status::full : bounded_queue::try_push(item);
  }

 private:
  std::atomic<std::uint64_t> pushes_ = 0;
};

const workload false_full{
    "broken/false_full", [](const round& of) {
      return stress::short_histories<hasty_queue, model::first_in_first_out>(of, "first_in_first_out").play();
    }};

// No thread pushes anything, so the pop hangs.
const workload hanging{
    "broken/hanging", [](const round& of) {
      plait::bounded_queue<std::uint64_t> queue(1);
      stress::team threads(of);
      threads.add("consumer", [&](stress::member& who) { who.does("pop", [&] { return queue.pop(); }); });
      threads.run();
      return stress::tally{};
    }};

// Every operation takes a while, and all together four seconds.
const workload slow{"broken/slow", [](const round& of) {
                      stress::team threads(of);
                      threads.add("sleeper", [](stress::member& who) {
                        for (int i = 0; i != 40; ++i)
                          who.does("sleep",
                                   [] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
                      });
                      threads.run();
                      return stress::tally{};
                    }};

}  // namespace
