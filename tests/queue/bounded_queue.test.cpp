// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <expected>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include "support/queue_items.hpp"

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using queue_items::drain;
using queue_items::numbers;
using namespace std::chrono_literals;

// Longer than any correct wait takes on a slow machine.
constexpr auto long_enough = 30s;

TEST(bounded_queue, an_element_goes_in_by_push_and_comes_out_by_pop) {
  bounded_queue<std::string> queue(1);
  EXPECT_TRUE(queue.push("a strand"));
  EXPECT_EQ(queue.pop(), "a strand");
}

// The interface of P0260, each name with the type it has there.
template <class Queue, class T = typename Queue::value_type>
concept p0260_queue = requires(Queue queue, const Queue& fixed, T value, const T& lvalue) {
  { queue.close() } noexcept -> std::same_as<void>;
  { fixed.is_closed() } noexcept -> std::same_as<bool>;
  { queue.push(lvalue) } -> std::same_as<bool>;
  { queue.push(std::move(value)) } -> std::same_as<bool>;
  { queue.emplace(lvalue) } -> std::same_as<bool>;
  { queue.pop() } -> std::same_as<std::optional<T>>;
  { queue.try_push(lvalue) } -> std::same_as<conqueue_status>;
  { queue.try_push(std::move(value)) } -> std::same_as<conqueue_status>;
  { queue.try_emplace(lvalue) } -> std::same_as<conqueue_status>;
  { queue.try_pop() } -> std::same_as<std::expected<T, conqueue_status>>;
  { fixed.get_allocator() } noexcept -> std::same_as<typename Queue::allocator_type>;
};
static_assert(p0260_queue<bounded_queue<int>>);
static_assert(p0260_queue<bounded_queue<std::string>>);
static_assert(!std::is_convertible_v<std::size_t, bounded_queue<int>>);
static_assert(!std::movable<bounded_queue<int>> && !std::copyable<bounded_queue<int>>);

TEST(bounded_queue, a_capacity_of_0_is_refused_with_a_message) {
  try {
    bounded_queue<int> queue(0);
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "plait::bounded_queue: capacity is 0; it must be at least 1");
  }
}

TEST(bounded_queue, a_capacity_above_the_largest_is_refused_with_a_message_that_names_both) {
  constexpr std::size_t largest = bounded_queue<int>::max_capacity();
  for (const std::size_t capacity : {largest + 1, std::numeric_limits<std::size_t>::max()}) {
    try {
      bounded_queue<int> queue(capacity);
      FAIL() << capacity << " was accepted";
    } catch (const std::length_error& error) {
      EXPECT_NE(std::string(error.what()).find(std::to_string(capacity) + ";"), std::string::npos)
          << error.what();
      EXPECT_NE(std::string(error.what()).find(std::to_string(largest) + " "), std::string::npos)
          << error.what();
    }
  }
}

class bounded_queue_of_capacity : public testing::TestWithParam<int> {
 protected:
  int capacity() const { return GetParam(); }
  bounded_queue<int> queue_{static_cast<std::size_t>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(each, bounded_queue_of_capacity, testing::Values(1, 2, 3, 4, 7, 8, 1000),
                         testing::PrintToStringParamName());

TEST_P(bounded_queue_of_capacity, holds_exactly_that_many_in_every_lap) {
  EXPECT_EQ(queue_.capacity(), static_cast<std::size_t>(capacity()));
  for (int lap = 0; lap != 5; ++lap) {
    EXPECT_TRUE(queue_.empty());
    for (int i = 0; i != capacity(); ++i) {
      EXPECT_EQ(queue_.size(), static_cast<std::size_t>(i));
      ASSERT_EQ(queue_.try_push(i), conqueue_status::success);
    }
    EXPECT_EQ(queue_.try_push(-1), conqueue_status::full);
    EXPECT_EQ(queue_.size(), queue_.capacity());
    EXPECT_EQ(drain(queue_), numbers(0, capacity()));
    EXPECT_EQ(queue_.try_pop(), std::unexpected(conqueue_status::empty));
  }
}

TEST_P(bounded_queue_of_capacity, has_room_again_after_every_single_pop) {
  for (int i = 0; i != capacity(); ++i) queue_.push(i);
  for (int i = 0; i != 3 * capacity(); ++i) {
    ASSERT_EQ(queue_.pop(), i);
    ASSERT_EQ(queue_.try_push(i + capacity()), conqueue_status::success);
    ASSERT_EQ(queue_.try_push(-1), conqueue_status::full);
  }
}

TEST(bounded_queue, comes_out_in_the_order_in_which_it_went_in) {
  bounded_queue<int> queue(5);
  int pushed = 0;
  int popped = 0;
  for (int round = 0; round != 100; ++round) {
    for (int i = 0; i != round % 6; ++i) {
      if (queue.try_push(pushed) == conqueue_status::success) ++pushed;
    }
    for (int i = 0; i != round % 4; ++i) {
      if (const auto item = queue.try_pop()) {
        ASSERT_EQ(*item, popped);
        ++popped;
      }
    }
    ASSERT_EQ(queue.size(), static_cast<std::size_t>(pushed - popped));
  }
  EXPECT_GT(popped, 100);
}

TEST(bounded_queue, try_push_on_full_returns_full_and_keeps_the_value) {
  bounded_queue<std::unique_ptr<int>> queue(1);
  queue.push(std::make_unique<int>(1));
  auto value = std::make_unique<int>(2);
  EXPECT_EQ(queue.try_push(std::move(value)), conqueue_status::full);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(queue.try_emplace(std::move(value)), conqueue_status::full);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(queue.try_push_for(std::move(value), 1ms), conqueue_status::full);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 2);
}

TEST(bounded_queue, every_push_after_close_fails_and_keeps_the_value) {
  bounded_queue<std::unique_ptr<int>> queue(4);
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  auto value = std::make_unique<int>(2);
  EXPECT_FALSE(queue.push(std::move(value)));
  EXPECT_FALSE(queue.emplace(std::move(value)));
  EXPECT_FALSE(queue.push(std::move(value), std::stop_token()));
  EXPECT_EQ(queue.try_push(std::move(value)), conqueue_status::closed);
  EXPECT_EQ(queue.try_emplace(std::move(value)), conqueue_status::closed);
  EXPECT_EQ(queue.try_push_for(std::move(value), long_enough), conqueue_status::closed);
  EXPECT_EQ(queue.push_n(std::move_iterator(&value), 1), 0U);
  EXPECT_EQ(queue.try_push_n(std::move_iterator(&value), 1), 0U);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 2);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(bounded_queue, a_push_to_a_queue_that_is_full_and_closed_says_closed) {
  bounded_queue<int> queue(1);
  queue.push(1);
  queue.close();
  EXPECT_EQ(queue.try_push(2), conqueue_status::closed);
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.try_push_for(2, long_enough), conqueue_status::closed);
}

TEST(bounded_queue, pops_after_close_drain_what_is_left_and_then_say_closed) {
  bounded_queue<int> queue(4);
  EXPECT_FALSE(queue.is_closed());
  for (int i = 0; i != 4; ++i) queue.push(i);
  queue.close();
  queue.close();
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_EQ(queue.try_pop(), 0);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.try_pop_for(0s), 2);
  std::array<int, 2> rest{};
  EXPECT_EQ(queue.pop_n(rest.begin(), 2), 1U);
  EXPECT_EQ(rest[0], 3);
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::closed));
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(std::stop_token()), std::nullopt);
  EXPECT_EQ(queue.try_pop_for(long_enough), std::unexpected(conqueue_status::closed));
  EXPECT_EQ(queue.pop_n(rest.begin(), 2), 0U);
  EXPECT_EQ(queue.try_pop_n(rest.begin(), 2), 0U);
}

TEST(bounded_queue, close_and_discard_destroys_what_is_left_and_marks_it_done) {
  bounded_queue<std::shared_ptr<int>> queue(4);
  const auto value = std::make_shared<int>(1);
  for (int i = 0; i != 4; ++i) queue.push(value);
  (void)queue.pop();
  EXPECT_EQ(queue.close_and_discard(), 3U);
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_EQ(queue.unfinished_tasks(), 1U);
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::closed));
  EXPECT_EQ(queue.try_push(value), conqueue_status::closed);
  EXPECT_EQ(queue.close_and_discard(), 0U);
  queue.task_done();  // items popped before may still be marked done
  EXPECT_TRUE(queue.try_join_for(0s));
}

TEST(bounded_queue, size_and_unfinished_tasks_count_what_was_put) {
  bounded_queue<int> queue(3);
  for (int lap = 0; lap != 10; ++lap) {
    EXPECT_TRUE(queue.empty());
    queue.push(1);
    queue.push(2);
    EXPECT_FALSE(queue.empty());
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(queue.unfinished_tasks(), 2U);
    (void)queue.pop();
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_EQ(queue.unfinished_tasks(), 2U);
    queue.task_done();
    EXPECT_EQ(queue.unfinished_tasks(), 1U);
    (void)queue.pop();
    queue.task_done();
  }
}

TEST(bounded_queue, more_tasks_may_be_unfinished_than_the_queue_holds) {
  bounded_queue<int> queue(3);
  for (int i = 0; i != 1000; ++i) {
    queue.push(i);
    (void)queue.pop();
    ASSERT_EQ(queue.unfinished_tasks(), static_cast<std::size_t>(i + 1));
  }
  EXPECT_FALSE(queue.try_join_for(0s));
  for (int i = 0; i != 1000; ++i) queue.task_done();
  queue.join();
}

TEST(bounded_queue, task_done_more_often_than_items_were_put_throws) {
  bounded_queue<int> queue(3);
  const auto refused = [&] {
    try {
      queue.task_done();
    } catch (const std::logic_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string message = "plait::bounded_queue: task_done() called more often than items were put";
  EXPECT_EQ(refused(), message);
  queue.push(1);
  (void)queue.pop();
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(refused(), message);
  queue.close();
  EXPECT_EQ(refused(), message);
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
}

TEST(bounded_queue, emplace_takes_any_arguments_and_push_takes_lvalues_by_copy) {
  bounded_queue<std::pair<std::string, int>> queue(4);
  EXPECT_TRUE(queue.emplace("one", 1));
  EXPECT_EQ(queue.try_emplace(std::piecewise_construct, std::tuple(2, 'x'), std::tuple(2)),
            conqueue_status::success);
  const std::pair<std::string, int> fixed("three", 3);
  EXPECT_TRUE(queue.push(fixed));
  EXPECT_EQ(queue.try_push({"four", 4}), conqueue_status::success);
  EXPECT_EQ(fixed.first, "three");
  EXPECT_EQ(drain(queue),
            (std::vector<std::pair<std::string, int>>{{"one", 1}, {"xx", 2}, {"three", 3}, {"four", 4}}));
}

}  // namespace
