// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <stdexcept>
#include <string>
#include <vector>

#include <plait/priority_queue.hpp>
#include <plait/relaxed_priority_queue.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

using task = plait::prioritized<int, std::string>;

// The usual hand-written priority queue.
class hand_made_heap {
 public:
  void push(std::uint64_t item) {
    const std::lock_guard lock(mutex_);
    items_.push(item);
  }
  std::optional<std::uint64_t> pop() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t item = items_.top();
    items_.pop();
    return item;
  }

 private:
  std::mutex mutex_;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> items_;
};

void process_in_order(page& out) {
  plait::priority_queue<task> tasks;
  const std::vector<task> added = {{3, "clean up"}, {1, "alarm"}, {2, "report"}, {1, "another alarm"}};
  const auto show = [&](const char* what, const task& each) {
    out.row("{:<10} ({}, {})", what, each.priority, each.value);
  };
  for (const task& each : added) {
    show("pushed", each);
    tasks.push(each);
  }
  tasks.close();
  int last = 0;
  bool in_order = true;
  while (const std::optional<task> next = tasks.pop()) {
    show("processed", *next);
    in_order = in_order && last <= next->priority;
    last = next->priority;
    tasks.task_done();
  }
  tasks.join();
  out.gap();
  if (!in_order) throw std::logic_error("the queue gave a larger item before a smaller one");
}

// Two producers push tasks of three priorities as they come; a consumer that starts when all are there
// processes them.
void keep_equals_in_order(page& out) {
  constexpr int each_pushes = 50'000;
  plait::priority_queue<plait::prioritized<int, int>, std::less<>, plait::stable_order> tasks;
  run_together(2, [&](unsigned producer) {
    for (int i = 0; i != each_pushes; ++i) tasks.push({i % 3, 2 * i + static_cast<int>(producer)});
  });
  tasks.close();
  int out_of_order = 0;
  int processed = 0;
  std::vector<int> last(2, -1);
  int priority = 0;
  while (const auto next = tasks.pop()) {
    if (next->priority != priority) last.assign(2, -1);
    priority = next->priority;
    int& before = last[static_cast<std::size_t>(next->value % 2)];
    if (next->value < before) ++out_of_order;
    before = next->value;
    ++processed;
  }
  out.say(
      "{} tasks of 3 priorities from two producers at once: of those of one priority and producer, {} came out "
      "of order.",
      grouped(processed), grouped(out_of_order));
}

// Nanoseconds for a push and a pop, when `threads` threads do nothing else.
template <class Queue>
double nanoseconds_a_pair(unsigned threads) {
  constexpr int items = 4096;
  Queue queue;
  for (std::uint64_t i = 0; i != items; ++i) queue.push(i);
  std::atomic<std::uint64_t> pairs = 0;
  const double seconds = run_together(threads, [&](unsigned thread) {
    std::uint64_t count = 0, random = thread + 1;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    std::uint64_t now = 0;
    while (count % 256 != 0 || std::chrono::steady_clock::now() < end) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      queue.push(now + (random >> 52));
      now = *queue.pop();  // NOLINT(bugprone-unchecked-optional-access): it is never closed
      ++count;
    }
    pairs += count;
  });
  return seconds * 1e9 / static_cast<double>(pairs.load());
}

void compare_throughput(page& out) {
  using strict = plait::priority_queue<std::uint64_t>;
  using relaxed = plait::relaxed_priority_queue<std::uint64_t>;
  const std::vector<double> time = medians_in_turn({
      [] { return nanoseconds_a_pair<strict>(1); },
      [] { return nanoseconds_a_pair<strict>(2); },
      [] { return nanoseconds_a_pair<relaxed>(1); },
      [] { return nanoseconds_a_pair<relaxed>(2); },
      [] { return nanoseconds_a_pair<hand_made_heap>(1); },
      [] { return nanoseconds_a_pair<hand_made_heap>(2); },
  });
  const auto millions = [](double nanoseconds) { return 1e3 / nanoseconds; };
  out.say("Million pushes and pops a second with 4096 items inside (median of 5 times 50 ms):");
  out.row("{:<38} {:>10} {:>10}", "threads", "1", "2");
  out.row("{:<38} {:>10.1f} {:>10.1f}", "plait::priority_queue", millions(time[0]), millions(time[1]));
  out.row("{:<38} {:>10.1f} {:>10.1f}", "plait::relaxed_priority_queue", millions(time[2]), millions(time[3]));
  out.row("{:<38} {:>10.1f} {:>10.1f}", "mutex + std::priority_queue", millions(time[4]), millions(time[5]));
  out.gap();
  out.say(
      "With two threads plait::priority_queue is {} the hand-made queue, which cannot wait for an item; "
      "relaxed_priority_queue, which gives nearly the smallest item, is {} the strict one.",
      compared(time[1], time[5]), compared(time[3], time[1]));
}

}  // namespace

void priority(page& out) {
  out.say("Some work is more urgent than the rest. Tasks are pushed as they come, and processed by priority:");
  out.code("priority_queue", "tasks");
  process_in_order(out);
  out.say(
      "The descriptions are never compared, nor need they be comparable. Tasks of one priority come out in any "
      "order, or in the one in which they went in:");
  out.code("priority_queue", "order");
  keep_equals_in_order(out);
  compare_throughput(out);
}

}  // namespace plait::cli::tour
