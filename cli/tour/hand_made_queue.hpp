// SPDX-License-Identifier: MIT
// The queue with which the chapters compare plait's queues, and the comparison.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tour/measure.hpp"
#include "tour/page.hpp"

namespace plait::cli::tour {

// The usual hand-written queue: it waits and can be closed, and nothing else. With a deque it is first in,
// first out; with a vector, last in, first out.
template <class Items>
class hand_made_queue {
 public:
  explicit hand_made_queue(std::size_t capacity) : capacity_(capacity) {}

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
    const std::int64_t item = take(items_);
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
  static std::int64_t take(std::deque<std::int64_t>& items) {
    const std::int64_t item = items.front();
    items.pop_front();
    return item;
  }
  static std::int64_t take(std::vector<std::int64_t>& items) {
    const std::int64_t item = items.back();
    items.pop_back();
    return item;
  }

  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  Items items_;
  bool closed_ = false;
};

// Nanoseconds an item from `sides` producers to as many consumers, for 100 milliseconds.
template <class Queue>
double nanoseconds_an_item(unsigned sides) {
  using clock = std::chrono::steady_clock;
  Queue queue(1024);
  std::atomic<unsigned> producing = sides;
  std::atomic<std::int64_t> items = 0, pushed_sum = 0, popped_sum = 0;
  const double seconds = run_together(2 * sides, [&](unsigned i) {
    std::int64_t count = 0, sum = 0;
    if (i < sides) {
      const auto end = clock::now() + std::chrono::milliseconds(100);
      while (count % 256 != 0 || clock::now() < end) {
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

// Shows how fast both queues are with one producer and one consumer, and with `several` of each. Returns how
// the first queue compares with the second in both cases.
template <class Queue, class HandMade>
std::pair<std::string, std::string> compare_throughput(page& out, unsigned several, std::string_view name,
                                                       std::string_view hand_made_name) {
  const std::vector<double> time = medians_in_turn({
      [] { return nanoseconds_an_item<Queue>(1); },
      [=] { return nanoseconds_an_item<Queue>(several); },
      [] { return nanoseconds_an_item<HandMade>(1); },
      [=] { return nanoseconds_an_item<HandMade>(several); },
  });
  const auto millions = [](double nanoseconds) { return 1e3 / nanoseconds; };
  out.say(
      "Million items a second through 1024 places, 8 bytes each (median of 5 times 100 ms, sums compared):");
  out.row("{:<38} {:>10} {:>10}", "producers + consumers", "1 + 1", fmt::format("{0} + {0}", several));
  out.row("{:<38} {:>10.1f} {:>10.1f}", name, millions(time[0]), millions(time[1]));
  out.row("{:<38} {:>10.1f} {:>10.1f}", hand_made_name, millions(time[2]), millions(time[3]));
  out.gap();
  return {compared(time[0], time[2]), compared(time[1], time[3])};
}

}  // namespace plait::cli::tour
