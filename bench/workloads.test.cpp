// SPDX-License-Identifier: MIT
// The workloads must notice a queue that loses, duplicates or invents items: otherwise their figures mean
// nothing.
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "queue/bounded_queue.bench.hpp"

namespace {

using namespace std::chrono_literals;

// A queue that holds the first number CopiesOfFirst times, the others once.
template <int CopiesOfFirst>
class test_queue {
 public:
  using value_type = std::uint64_t;
  explicit test_queue(std::size_t) {}

  void push(value_type item) {
    const std::lock_guard lock(mutex_);
    int copies = 1;
    if (item >= bench::first_number && !std::exchange(first_is_past_, true)) copies = CopiesOfFirst;
    for (; copies != 0; --copies) items_.push_back(item);
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
  bool first_is_past_ = false;
  std::deque<value_type> items_;
};

TEST(workloads, throughput_counts_what_was_consumed_in_every_shape) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_GT(bench::throughput<test_queue<1>>(shape, 20ms).items, 0) << shape.name();
}

TEST(workloads, throughput_notices_a_lost_item) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_THROW(bench::throughput<test_queue<0>>(shape, 20ms), bench::wrong_result) << shape.name();
}

TEST(workloads, throughput_notices_a_doubled_item) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_THROW(bench::throughput<test_queue<2>>(shape, 20ms), bench::wrong_result) << shape.name();
}

TEST(workloads, time_runs_until_the_last_thread_is_done) {
  bench::stop_flag stop;
  const bench::measurement measured =
      bench::run_together({[] {}, [] { std::this_thread::sleep_for(20ms); }}, 1ms, stop);
  EXPECT_GE(measured.seconds, 0.020);
  EXPECT_TRUE(stop());
}

}  // namespace
