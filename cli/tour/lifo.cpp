// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <plait/lifo_queue.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

// What people write when they have no queue.
class hand_made_stack {
 public:
  explicit hand_made_stack(std::size_t capacity) : capacity_(capacity) {}

  bool push(std::int64_t item) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [&] { return closed_ || items_.size() != capacity_; });
    if (closed_) return false;
    items_.push_back(item);
    not_empty_.notify_one();
    return true;
  }
  std::optional<std::int64_t> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    const std::int64_t item = items_.back();
    items_.pop_back();
    not_full_.notify_one();
    return item;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  std::vector<std::int64_t> items_;
  bool closed_ = false;
};

void use_few_buffers(page& out) {
  constexpr int buffers = 8, workers = 2, each_takes = 50'000;
  plait::lifo_queue<int> pool(buffers);
  for (int i = 0; i != buffers; ++i) pool.push(i);
  std::vector<std::atomic<int>> used(buffers);
  run_together(workers, [&](unsigned) {
    for (int i = 0; i != each_takes; ++i) {
      const int buffer = pool.pop().value();
      ++used[static_cast<std::size_t>(buffer)];
      pool.push(buffer);
    }
  });
  out.say("{} workers took a buffer from a pool of {}, {} times each. How often each buffer was used:", workers,
          buffers, grouped(each_takes));
  std::string row;
  int in_use = 0;
  for (const auto& times : used) {
    row += grouped(times) + "  ";
    if (times != 0) ++in_use;
  }
  out.row("{}", row);
  out.gap();
  out.say("{} of the {} were touched at all: the one that was used last, still in the cache, is used next.",
          in_use, buffers);
}

// Nanoseconds an item from `sides` producers to as many consumers, for 100 milliseconds.
template <class Queue>
double nanoseconds_an_item(unsigned sides) {
  Queue queue(1024);
  std::atomic<unsigned> producing = sides;
  std::atomic<std::int64_t> items = 0, pushed_sum = 0, popped_sum = 0;
  const double seconds = run_together(2 * sides, [&](unsigned i) {
    std::int64_t count = 0, sum = 0;
    if (i < sides) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
      while (count % 256 != 0 || std::chrono::steady_clock::now() < end) {
        queue.push(count);
        sum += count++;
      }
      pushed_sum += sum;
      if (--producing == 0) queue.close();
    } else {
      for (; const std::optional<std::int64_t> item = queue.pop(); ++count) sum += *item;
      items += count;
      popped_sum += sum;
    }
  });
  if (pushed_sum != popped_sum) throw std::logic_error("the queue lost or invented an item");
  return seconds * 1e9 / static_cast<double>(items.load());
}

void compare_throughput(page& out) {
  const std::vector<double> time = medians_in_turn({
      [] { return nanoseconds_an_item<plait::lifo_queue<std::int64_t>>(1); },
      [] { return nanoseconds_an_item<plait::lifo_queue<std::int64_t>>(4); },
      [] { return nanoseconds_an_item<hand_made_stack>(1); },
      [] { return nanoseconds_an_item<hand_made_stack>(4); },
  });
  const auto millions = [](double nanoseconds) { return 1e3 / nanoseconds; };
  out.say("Million items a second through 1024 places (median of 5 times 100 ms, sums compared):");
  out.row("{:<38} {:>10} {:>10}", "producers + consumers", "1 + 1", "4 + 4");
  out.row("{:<38} {:>10.1f} {:>10.1f}", "plait::lifo_queue", millions(time[0]), millions(time[1]));
  out.row("{:<38} {:>10.1f} {:>10.1f}", "mutex + vector + 2 condition variables", millions(time[2]),
          millions(time[3]));
  out.gap();
  out.say("With one on each side plait::lifo_queue is {} the hand-made stack; with four it is {} the other.",
          compared(time[0], time[2]), compared(time[1], time[3]));
}

}  // namespace

void lifo(page& out) {
  out.say("The way back is the way there, reversed: what was pushed last comes out first.");
  out.code("lifo_queue", "trail");
  out.say(
      "It suits what is best used again soon. A pool of buffers, from which a worker may have to wait for "
      "one:");
  out.code("lifo_queue", "buffers");
  use_few_buffers(out);
  compare_throughput(out);
}

}  // namespace plait::cli::tour
