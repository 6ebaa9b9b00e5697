// SPDX-License-Identifier: MIT
// What every queue promises, in one process or over many: the tests of work_queue. One thread at a time pushes
// and one pops here, so that all queues can take part.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/concurrent_queue.hpp>

#include "support/queue_kinds.hpp"
#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace work_queue_tests {

using plait::conqueue_status;
using namespace std::chrono_literals;
using threads::sleeper;

constexpr auto success = conqueue_status::success;
constexpr auto closed = conqueue_status::closed;
inline const std::expected<int, conqueue_status> nothing = std::unexpected(conqueue_status::empty);

template <class Kind>
class work_queue_contract : public testing::Test {
 protected:
  static auto make(std::size_t capacity) { return queue_kinds::make<Kind>(capacity); }
};

TYPED_TEST_SUITE_P(work_queue_contract);

// Everything that can be popped at once, sorted, because queues differ in their order.
template <class Queue>
std::vector<typename Queue::value_type> drain(Queue& queue) {
  std::vector<typename Queue::value_type> items;
  while (auto item = queue.try_pop()) items.push_back(*std::move(item));
  std::ranges::sort(items);
  return items;
}

TYPED_TEST_P(work_queue_contract, what_goes_in_comes_out_once) {
  auto queue = TestFixture::make(8);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.emplace(2));
  EXPECT_EQ(queue.try_push(3), success);
  EXPECT_EQ(queue.try_emplace(4), success);
  EXPECT_EQ(queue.try_push_for(5, 1h), success);
  EXPECT_EQ(queue.size(), 5U);
  EXPECT_EQ(drain(queue), (std::vector{1, 2, 3, 4, 5}));
  EXPECT_TRUE(queue.empty());
}

TYPED_TEST_P(work_queue_contract, an_empty_queue_says_empty) {
  auto queue = TestFixture::make(1);
  EXPECT_EQ(queue.try_pop(), nothing);
  EXPECT_EQ(queue.try_pop_for(1ms), nothing);
  EXPECT_EQ(queue.try_pop_until(std::chrono::steady_clock::now() - 1s), nothing);
  std::array<int, 2> out{};
  EXPECT_EQ(queue.try_pop_n(out.begin(), out.size()), 0U);
}

TYPED_TEST_P(work_queue_contract, a_closed_queue_drains_and_then_says_closed) {
  auto queue = TestFixture::make(4);
  queue.push(1);
  queue.push(2);
  EXPECT_FALSE(queue.is_closed());
  queue.close();
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.try_push(3), closed);
  EXPECT_EQ(queue.try_push_for(3, 1h), closed);
  const std::array batch{3, 4};
  EXPECT_EQ(queue.push_n(batch.begin(), batch.size()), 0U);
  EXPECT_EQ(drain(queue), (std::vector{1, 2}));
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.try_pop(), std::unexpected(closed));
  EXPECT_EQ(queue.try_pop_for(1h), std::unexpected(closed));
  std::array<int, 2> out{};
  EXPECT_EQ(queue.pop_n(out.begin(), out.size()), 0U);
}

TYPED_TEST_P(work_queue_contract, batches_go_in_and_come_out) {
  auto queue = TestFixture::make(8);
  const std::array batch{1, 2, 3, 4, 5};
  EXPECT_EQ(queue.push_n(batch.begin(), batch.size()), batch.size());
  EXPECT_EQ(queue.try_push_n(batch.begin(), 2), 2U);
  std::array<int, 8> out{};
  std::size_t popped = queue.pop_n(out.begin(), 3);
  EXPECT_EQ(popped, 3U);
  popped += queue.try_pop_n(out.begin() + 3, 5);
  EXPECT_EQ(popped, 7U);
  std::sort(out.begin(), out.begin() + 7);
  EXPECT_EQ(out, (std::array{1, 1, 2, 2, 3, 4, 5, 0}));
}

TYPED_TEST_P(work_queue_contract, batches_of_0_do_nothing_and_do_not_wait) {
  auto queue = TestFixture::make(1);
  int item = 0;
  EXPECT_EQ(queue.pop_n(&item, 0), 0U);
  EXPECT_EQ(queue.push_n(&item, 0), 0U);
  EXPECT_TRUE(queue.empty());
}

TYPED_TEST_P(work_queue_contract, a_pop_waits_for_an_item) {
  auto queue = TestFixture::make(1);
  std::optional<int> popped;
  sleeper consumer([&] { popped = queue.pop(); });
  EXPECT_FALSE(consumer.has_returned());
  queue.push(1);
  consumer.join();
  EXPECT_EQ(popped, 1);
}

TYPED_TEST_P(work_queue_contract, a_batch_wakes_a_consumer_that_sleeps) {
  auto queue = TestFixture::make(4);
  std::array<int, 4> out{};
  std::size_t popped = 0;
  sleeper consumer([&] { popped = queue.pop_n(out.begin(), out.size()); });
  EXPECT_FALSE(consumer.has_returned());
  const std::array batch{1, 2};
  queue.push_n(batch.begin(), batch.size());
  consumer.join();
  EXPECT_GE(popped, 1U);
  EXPECT_EQ(popped + drain(queue).size(), 2U);
}

TYPED_TEST_P(work_queue_contract, close_wakes_whoever_waits) {
  auto queue = TestFixture::make(1);
  std::optional<int> popped = 1;
  sleeper consumer([&] { popped = queue.pop(); });
  EXPECT_FALSE(consumer.has_returned());
  queue.close();
  consumer.join();
  EXPECT_EQ(popped, std::nullopt);
}

TYPED_TEST_P(work_queue_contract, a_timed_pop_ends_at_its_deadline_and_not_before) {
  auto queue = TestFixture::make(1);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(queue.try_pop_for(5ms), nothing);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
  EXPECT_EQ(queue.try_pop_for(-1h), nothing);
}

TYPED_TEST_P(work_queue_contract, a_stop_request_ends_a_wait) {
  auto queue = TestFixture::make(1);
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  std::optional<int> popped = 1;
  sleeper consumer([&] { popped = queue.pop(stop); });
  EXPECT_FALSE(consumer.has_returned());
  source.request_stop();
  consumer.join();
  EXPECT_EQ(popped, std::nullopt);
  EXPECT_TRUE(queue.push(1, stop));
  EXPECT_EQ(queue.pop(stop), 1);  // a stop only ends waits
}

TYPED_TEST_P(work_queue_contract, join_waits_until_every_item_is_marked_done) {
  auto queue = TestFixture::make(4);
  queue.join();  // nothing was put
  queue.push(1);
  queue.push(2);
  EXPECT_EQ(queue.unfinished_tasks(), 2U);
  sleeper joiner([&] { queue.join(); });
  (void)queue.pop();
  queue.task_done();
  (void)queue.pop();
  EXPECT_FALSE(queue.try_join_for(1ms));
  EXPECT_FALSE(joiner.has_returned());
  queue.task_done();
  joiner.join();
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
}

TYPED_TEST_P(work_queue_contract, task_done_more_often_than_items_were_put_throws) {
  auto queue = TestFixture::make(4);
  queue.push(1);
  (void)queue.pop();
  queue.task_done();
  EXPECT_THROW(queue.task_done(), std::logic_error);
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
}

REGISTER_TYPED_TEST_SUITE_P(work_queue_contract, what_goes_in_comes_out_once, an_empty_queue_says_empty,
                            a_closed_queue_drains_and_then_says_closed, batches_go_in_and_come_out,
                            batches_of_0_do_nothing_and_do_not_wait, a_pop_waits_for_an_item,
                            a_batch_wakes_a_consumer_that_sleeps, close_wakes_whoever_waits,
                            a_timed_pop_ends_at_its_deadline_and_not_before, a_stop_request_ends_a_wait,
                            join_waits_until_every_item_is_marked_done,
                            task_done_more_often_than_items_were_put_throws);

}  // namespace work_queue_tests
