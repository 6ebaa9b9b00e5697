// SPDX-License-Identifier: MIT
// producer, task_guard and items_of, with every queue.
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/queue_scopes.hpp>

#include "support/queue_kinds.hpp"
#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::items_of;
using plait::producer;
using plait::task_guard;

template <class Kind>
class queue_scopes : public testing::Test {
 protected:
  template <class T = int>
  static auto make(std::size_t capacity) {
    return queue_kinds::make<Kind, T>(capacity);
  }
};
TYPED_TEST_SUITE(queue_scopes, queue_kinds::all, queue_kinds::name_of);

TYPED_TEST(queue_scopes, the_last_producer_closes_the_queue) {
  auto queue = TestFixture::make(4);
  {
    producer first(queue);
    {
      producer second = first;
      first.reset();
      producer third = std::move(second);
      EXPECT_TRUE(third->push(1));
      EXPECT_TRUE((*third).push(2));
      EXPECT_FALSE(queue.is_closed());
    }
    EXPECT_TRUE(queue.is_closed());
  }
  EXPECT_EQ(queue.size(), 2U);
}

TYPED_TEST(queue_scopes, an_exception_in_the_producer_ends_the_consumer) {
  auto queue = TestFixture::make(2);
  std::size_t popped = 0;
  const auto produce = [&] {
    const std::jthread consumer([&] {
      for ([[maybe_unused]] const int item : items_of(queue)) ++popped;
    });
    const producer out(queue);
    for (int i = 0; i != 5; ++i) out->push(i);
    throw std::runtime_error("no more");
  };
  EXPECT_THROW(produce(), std::runtime_error);
  EXPECT_EQ(popped, 5U);
}

TYPED_TEST(queue_scopes, a_stop_request_ends_the_loop_once_nothing_is_left) {
  auto queue = TestFixture::make(4);
  std::size_t popped = 0;
  queue.push(1);
  queue.push(2);
  {
    const std::jthread consumer([&](const std::stop_token& stop) {
      for ([[maybe_unused]] const int item : items_of(queue, stop)) ++popped;
    });
  }
  EXPECT_EQ(popped, 2U);
  EXPECT_FALSE(queue.is_closed());
}

TYPED_TEST(queue_scopes, a_task_is_marked_done_also_if_the_work_throws) {
  auto queue = TestFixture::make(1);
  queue.push(1);
  const auto work = [&] {
    for ([[maybe_unused]] const int item : items_of(queue)) {
      const task_guard done(queue);
      throw std::runtime_error("cannot");
    }
  };
  EXPECT_THROW(work(), std::runtime_error);
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
  queue.join();
}

TYPED_TEST(queue_scopes, items_can_be_moved_out_and_each_is_gone_before_the_next_is_waited_for) {
  auto queue = TestFixture::template make<std::shared_ptr<int>>(2);
  const auto kept = std::make_shared<int>(1);
  queue.push(kept);
  std::vector<std::shared_ptr<int>> moved;
  threads::sleeper consumer([&] {
    for (const std::shared_ptr<int>& item : items_of(queue)) EXPECT_EQ(item, kept);
  });
  EXPECT_FALSE(consumer.has_returned());
  EXPECT_EQ(kept.use_count(), 1) << "the loop waits, and holds nothing";
  queue.close();
  consumer.join();

  auto others = TestFixture::template make<std::shared_ptr<int>>(2);
  others.push(kept);
  others.close();
  for (std::shared_ptr<int>& item : items_of(others)) moved.push_back(std::move(item));
  EXPECT_EQ(kept.use_count(), 2);
}

TYPED_TEST(queue_scopes, items_of_a_queue_are_an_input_range) {
  using items = plait::popped_items<typename TypeParam::template queue<int>>;
  static_assert(std::ranges::input_range<items>);
  static_assert(!std::ranges::forward_range<items>);
}

}  // namespace
