// SPDX-License-Identifier: MIT
// What every queue promises, whatever its order. One thread at a time pushes and one pops here, so that all
// queues can take part; what only some of them promise is in their own tests.
#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/concurrent_queue.hpp>

#include "support/queue_kinds.hpp"
#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::conqueue_status;
using namespace std::chrono_literals;
using threads::sleeper;

constexpr auto success = conqueue_status::success;
constexpr auto closed = conqueue_status::closed;

template <class Kind>
class queue_contract : public testing::Test {
 protected:
  template <class T = int>
  static auto make(std::size_t capacity) {
    return queue_kinds::make<Kind, T>(capacity);
  }
};

TYPED_TEST_SUITE(queue_contract, queue_kinds::all, queue_kinds::name_of);

// Everything that can be popped at once, sorted, because queues differ in their order.
template <class Queue>
std::vector<typename Queue::value_type> drain(Queue& queue) {
  std::vector<typename Queue::value_type> items;
  while (auto item = queue.try_pop()) items.push_back(*std::move(item));
  std::ranges::sort(items);
  return items;
}

const std::expected<int, conqueue_status> nothing = std::unexpected(conqueue_status::empty);

TYPED_TEST(queue_contract, has_every_operation_of_a_concurrent_queue) {
  static_assert(plait::concurrent_queue<typename TypeParam::template queue<int>>);
  static_assert(plait::concurrent_queue<typename TypeParam::template queue<std::string>>);
  static_assert(!std::movable<typename TypeParam::template queue<int>>);
}

TYPED_TEST(queue_contract, what_goes_in_comes_out_once) {
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

TYPED_TEST(queue_contract, an_empty_queue_says_empty) {
  auto queue = TestFixture::make(1);
  EXPECT_EQ(queue.try_pop(), nothing);
  EXPECT_EQ(queue.try_pop_for(1ms), nothing);
  EXPECT_EQ(queue.try_pop_until(std::chrono::steady_clock::now() - 1s), nothing);
  std::array<int, 2> out{};
  EXPECT_EQ(queue.try_pop_n(out.begin(), out.size()), 0U);
}

TYPED_TEST(queue_contract, a_closed_queue_drains_and_then_says_closed) {
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

TYPED_TEST(queue_contract, a_value_that_is_refused_is_untouched) {
  auto queue = TestFixture::template make<std::unique_ptr<int>>(2);
  queue.close();
  auto value = std::make_unique<int>(7);
  EXPECT_FALSE(queue.push(std::move(value)));
  EXPECT_EQ(queue.try_push(std::move(value)), closed);
  ASSERT_NE(value, nullptr);  // NOLINT(bugprone-use-after-move): that is what is promised
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(queue_contract, close_and_discard_destroys_what_is_left_and_marks_it_done) {
  const auto counted = std::make_shared<int>();
  auto queue = TestFixture::template make<std::shared_ptr<int>>(4);
  for (int i = 0; i != 3; ++i) queue.push(counted);
  EXPECT_EQ(queue.close_and_discard(), 3U);
  EXPECT_EQ(counted.use_count(), 1);
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
  EXPECT_EQ(queue.pop(), std::nullopt);
  queue.join();
}

TYPED_TEST(queue_contract, the_destructor_destroys_what_is_left) {
  const auto counted = std::make_shared<int>();
  {
    auto queue = TestFixture::template make<std::shared_ptr<int>>(4);
    for (int i = 0; i != 4; ++i) queue.push(counted);
    (void)queue.pop();
    EXPECT_EQ(counted.use_count(), 4);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TYPED_TEST(queue_contract, batches_go_in_and_come_out) {
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

TYPED_TEST(queue_contract, batches_of_0_do_nothing_and_do_not_wait) {
  auto queue = TestFixture::make(1);
  int item = 0;
  EXPECT_EQ(queue.pop_n(&item, 0), 0U);
  EXPECT_EQ(queue.push_n(&item, 0), 0U);
  EXPECT_TRUE(queue.empty());
}

TYPED_TEST(queue_contract, a_pop_waits_for_an_item) {
  auto queue = TestFixture::make(1);
  std::optional<int> popped;
  sleeper consumer([&] { popped = queue.pop(); });
  EXPECT_FALSE(consumer.has_returned());
  queue.push(1);
  consumer.join();
  EXPECT_EQ(popped, 1);
}

TYPED_TEST(queue_contract, a_batch_wakes_a_consumer_that_sleeps) {
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

TYPED_TEST(queue_contract, close_wakes_whoever_waits) {
  auto queue = TestFixture::make(1);
  std::optional<int> popped = 1;
  sleeper consumer([&] { popped = queue.pop(); });
  EXPECT_FALSE(consumer.has_returned());
  queue.close();
  consumer.join();
  EXPECT_EQ(popped, std::nullopt);
}

TYPED_TEST(queue_contract, a_timed_pop_ends_at_its_deadline_and_not_before) {
  auto queue = TestFixture::make(1);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(queue.try_pop_for(5ms), nothing);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
  EXPECT_EQ(queue.try_pop_for(-1h), nothing);
}

TYPED_TEST(queue_contract, a_stop_request_ends_a_wait) {
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

TYPED_TEST(queue_contract, a_wait_for_an_item_takes_none) {
  auto queue = TestFixture::make(2);
  EXPECT_EQ(queue.wait_to_pop_for(1ms), conqueue_status::empty);
  EXPECT_EQ(queue.wait_to_pop_until(std::chrono::steady_clock::now() - 1s), conqueue_status::empty);
  bool ready = false;
  {
    sleeper waiter([&] { ready = queue.wait_to_pop(); });
    EXPECT_FALSE(waiter.has_returned());
    queue.push(1);
  }
  EXPECT_TRUE(ready);
  EXPECT_EQ(queue.wait_to_pop_for(0s), success);
  queue.close();
  EXPECT_TRUE(queue.wait_to_pop());  // closed, and not yet drained
  EXPECT_EQ(drain(queue), std::vector{1});
  EXPECT_FALSE(queue.wait_to_pop());
  EXPECT_EQ(queue.wait_to_pop_for(1h), closed);
}

TYPED_TEST(queue_contract, a_wait_for_room_puts_nothing) {
  auto queue = TestFixture::make(1);
  EXPECT_TRUE(queue.wait_to_push());
  EXPECT_EQ(queue.wait_to_push_for(0s), success);
  EXPECT_TRUE(queue.empty());
  queue.push(1);
  if constexpr (requires { queue.capacity(); }) {
    if (queue.capacity() == 1) {
      EXPECT_EQ(queue.wait_to_push_for(1ms), conqueue_status::full);
      bool ready = false;
      {
        sleeper waiter([&] { ready = queue.wait_to_push(); });
        EXPECT_FALSE(waiter.has_returned());
        EXPECT_EQ(queue.pop(), 1);
      }
      EXPECT_TRUE(ready);
    }
  }
  queue.close();
  EXPECT_FALSE(queue.wait_to_push());
  EXPECT_EQ(queue.wait_to_push_until(std::chrono::steady_clock::now() + 1h), closed);
}

TYPED_TEST(queue_contract, a_stop_request_or_closing_ends_a_wait_that_takes_nothing) {
  auto queue = TestFixture::make(1);
  std::stop_source stop;
  {
    sleeper waiter([&] { EXPECT_EQ(queue.wait_to_pop_for(1h, stop.get_token()), conqueue_status::stopped); });
    stop.request_stop();
  }
  EXPECT_FALSE(queue.wait_to_pop(stop.get_token()));
  sleeper waiter([&] { EXPECT_FALSE(queue.wait_to_pop()); });
  queue.close();
}

TYPED_TEST(queue_contract, join_waits_until_every_item_is_marked_done) {
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

TYPED_TEST(queue_contract, task_done_more_often_than_items_were_put_throws) {
  auto queue = TestFixture::make(4);
  queue.push(1);
  (void)queue.pop();
  queue.task_done();
  EXPECT_THROW(queue.task_done(), std::logic_error);
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
}

TYPED_TEST(queue_contract, items_may_be_of_a_type_that_can_only_be_moved) {
  auto queue = TestFixture::template make<std::unique_ptr<int>>(2);
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.emplace(new int(2)));
  std::vector<int> values;
  while (auto item = queue.try_pop()) values.push_back(**item);
  std::ranges::sort(values);
  EXPECT_EQ(values, (std::vector{1, 2}));
}

TYPED_TEST(queue_contract, nothing_is_lost_between_two_threads) {
  constexpr int count = 20'000;
  auto queue = TestFixture::make(3);
  std::vector<int> popped;
  {
    std::jthread producer([&] {
      for (int i = 0; i != count; ++i) queue.push(i);
      queue.close();
    });
    std::jthread consumer([&] {
      while (const auto item = queue.pop()) popped.push_back(*item);
    });
  }
  std::ranges::sort(popped);
  ASSERT_EQ(popped.size(), static_cast<std::size_t>(count));
  for (int i = 0; i != count; ++i) ASSERT_EQ(popped[static_cast<std::size_t>(i)], i);
}

TYPED_TEST(queue_contract, who_waits_uses_no_processor) {
  auto queue = TestFixture::make(1);
  sleeper consumer([&] { (void)queue.pop(); });
  const auto before = consumer.processor_time();
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(consumer.processor_time() - before, 20ms);
  queue.close();
}

TYPED_TEST(queue_contract, a_queue_that_nobody_waits_at_makes_no_system_call) {
  auto queue = TestFixture::make(4);
  queue.push(0);  // allocates what is made at first use
  (void)queue.pop();
  queue.task_done();
  const auto before = plait::detail::sync::futex_calls();
  for (int i = 0; i != 1000; ++i) {
    queue.push(i);
    (void)queue.pop();
    queue.task_done();
  }
  queue.join();
  queue.close();
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
}

}  // namespace
