// SPDX-License-Identifier: MIT
// The workloads notice a queue that is wrong: a figure is worth nothing without that.
#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <thread>

#include "bounded_queue.bench.hpp"

namespace {

using namespace std::chrono_literals;

enum class fault { none, loses_one, doubles_one };

template <fault Fault>
class faulty_queue {
 public:
  using value_type = std::uint64_t;
  explicit faulty_queue(std::size_t) {}

  faulty_queue& producer() { return *this; }
  faulty_queue& consumer() { return *this; }

  void push(value_type item) {
    constexpr value_type victim = bench::first_number + 10;
    const std::lock_guard lock(mutex_);
    if (Fault == fault::loses_one && item == victim) return;
    items_.push_back(item);
    if (Fault == fault::doubles_one && item == victim) items_.push_back(item);
  }
  value_type pop() {
    for (;; std::this_thread::yield()) {
      const std::lock_guard lock(mutex_);
      if (items_.empty()) continue;
      const value_type item = items_.front();
      items_.pop_front();
      return item;
    }
  }

 private:
  std::mutex mutex_;
  std::deque<value_type> items_;
};

TEST(workloads, throughput_counts_what_was_consumed_in_every_shape) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_GT(bench::throughput<faulty_queue<fault::none>>(shape, 5ms).items, 0) << shape.name();
}

TEST(workloads, throughput_notices_a_lost_item) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_THROW(bench::throughput<faulty_queue<fault::loses_one>>(shape, 5ms), bench::wrong_result)
        << shape.name();
}

TEST(workloads, throughput_notices_a_doubled_item) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_THROW(bench::throughput<faulty_queue<fault::doubles_one>>(shape, 5ms), bench::wrong_result)
        << shape.name();
}

TEST(workloads, time_runs_until_the_last_thread_is_done) {
  bench::stop_flag stop;
  const bench::measurement measured =
      bench::run_together({[] {}, [] { std::this_thread::sleep_for(20ms); }}, 1ms, stop);
  EXPECT_GE(measured.seconds, 0.020);
  EXPECT_TRUE(stop());
}

}  // namespace
