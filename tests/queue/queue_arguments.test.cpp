// SPDX-License-Identifier: MIT
// What every queue accepts and returns: values, single-pass ranges, tokens and deadlines; and what it rejects.
#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/concurrent_queue.hpp>
#include <plait/queue_interface.hpp>

#include "support/queue_kinds.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::conqueue_status;
using namespace std::chrono_literals;

constexpr auto success = conqueue_status::success;
constexpr auto full = conqueue_status::full;
constexpr auto empty = conqueue_status::empty;
constexpr auto closed = conqueue_status::closed;
constexpr auto stopped = conqueue_status::stopped;

template <class Kind>
class queue_arguments : public testing::Test {
 protected:
  template <class T = int>
  static auto make(std::size_t capacity) {
    return queue_kinds::make<Kind, T>(capacity);
  }
};
TYPED_TEST_SUITE(queue_arguments, queue_kinds::all, queue_kinds::name_of);

auto moved_out_of(std::vector<std::unique_ptr<int>>& values) {
  return values | std::views::transform([](std::unique_ptr<int>& each) { return std::move(each); });
}

TYPED_TEST(queue_arguments, a_moving_view_loses_no_item_for_which_there_is_no_room) {
  auto queue = TestFixture::template make<std::unique_ptr<int>>(1);
  std::vector<std::unique_ptr<int>> values;
  values.push_back(std::make_unique<int>(1));
  values.push_back(std::make_unique<int>(2));
  auto moved = moved_out_of(values);
  const std::size_t pushed = queue.try_push_n(moved.begin(), 2);
  EXPECT_EQ(pushed, queue_kinds::is_bounded<TypeParam> ? 1U : 2U);
  EXPECT_EQ(values[1] == nullptr, pushed == 2);
  EXPECT_EQ(queue.size(), pushed);
}

TYPED_TEST(queue_arguments, a_moving_view_loses_no_item_to_a_closed_queue) {
  auto queue = TestFixture::template make<std::unique_ptr<int>>(2);
  queue.close();
  std::vector<std::unique_ptr<int>> values;
  values.push_back(std::make_unique<int>(1));
  auto moved = moved_out_of(values);
  EXPECT_EQ(queue.try_push_n(moved.begin(), 1), 0U);
  EXPECT_EQ(queue.push_n(moved.begin(), 1), 0U);
  EXPECT_NE(values[0], nullptr);
}

TYPED_TEST(queue_arguments, a_batch_that_converts_what_it_moves_from_leaves_the_rest_alone) {
  auto queue = TestFixture::template make<std::shared_ptr<int>>(1);
  std::vector<std::unique_ptr<int>> values;
  values.push_back(std::make_unique<int>(1));
  values.push_back(std::make_unique<int>(2));
  const std::size_t pushed = queue.try_push_n(std::move_iterator(values.begin()), 2);
  EXPECT_EQ(values[1] == nullptr, pushed == 2);
}

TYPED_TEST(queue_arguments, a_batch_gives_up_at_a_deadline_or_a_stop_request) {
  auto queue = TestFixture::make(2);
  const int values[] = {1, 2, 3};
  int out[3] = {};
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(queue.try_pop_n_for(out, 3, 1ms), 0U);
  EXPECT_EQ(queue.try_pop_n_until(out, 3, std::chrono::steady_clock::now()), 0U);
  EXPECT_EQ(queue.pop_n(out, 3, source.get_token()), 0U);
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    EXPECT_EQ(queue.try_push_n_for(values, 3, 1ms), 2U);
    EXPECT_EQ(queue.try_push_n_until(values, 3, std::chrono::system_clock::now()), 0U);
    EXPECT_EQ(queue.push_n(values, 3, source.get_token()), 0U);
    EXPECT_EQ(queue.try_pop_n_for(out, 3, 1h), 2U);
  } else {
    EXPECT_EQ(queue.try_push_n_for(values, 3, 1h), 3U);
    EXPECT_EQ(queue.push_n(values, 3, source.get_token()), 3U);
  }
}

// Such elements go in one by one.
TYPED_TEST(queue_arguments, a_batch_whose_copies_may_throw_gives_up_at_a_deadline_or_a_stop_request) {
  auto queue = TestFixture::template make<std::string>(1);
  const std::string values[] = {"a", "b"};
  std::stop_source source;
  source.request_stop();
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    EXPECT_EQ(queue.try_push_n_for(values, 2, 1ms), 1U);
    EXPECT_EQ(queue.try_push_n_until(values, 2, std::chrono::steady_clock::now()), 0U);
    EXPECT_EQ(queue.push_n(values, 2, source.get_token()), 0U);
  } else {
    EXPECT_EQ(queue.try_push_n_for(values, 2, 1h), 2U);
    EXPECT_EQ(queue.push_n(values, 2, source.get_token()), 2U);
  }
}

TYPED_TEST(queue_arguments, a_stop_request_is_told_from_a_deadline) {
  auto queue = TestFixture::make(1);
  std::stop_source source;
  EXPECT_EQ(queue.try_pop_for(1ms, source.get_token()).error(), empty);
  queue.push(1);
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    EXPECT_EQ(queue.try_push_for(2, 1ms, source.get_token()), full);
  }
  source.request_stop();
  EXPECT_EQ(queue.try_pop_for(1h, source.get_token()), 1) << "an item that is there comes out all the same";
  EXPECT_EQ(queue.try_pop_for(1h, source.get_token()).error(), stopped);
  EXPECT_EQ(queue.try_push_for(1, 1h, source.get_token()), success);
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    EXPECT_EQ(queue.try_push_for(2, 1h, source.get_token()), stopped);
  }
  queue.close();
  EXPECT_EQ(queue.pop(source.get_token()), 1);
  EXPECT_EQ(queue.try_pop_for(1h, source.get_token()).error(), closed);
}

TYPED_TEST(queue_arguments, an_element_whose_move_may_throw_need_not_be_copyable) {
  using element =
      std::deque<std::unique_ptr<int>>;  // libstdc++: its move may throw, and its copy does not compile
  auto queue = TestFixture::template make<element>(1);
  element two;
  two.push_back(std::make_unique<int>(2));
  element one;
  one.push_back(std::make_unique<int>(1));
  EXPECT_TRUE(queue.push(std::move(one)));
  EXPECT_TRUE(one.empty()) << "moved, not copied";
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    EXPECT_EQ(queue.try_push(std::move(two)), full);
    ASSERT_EQ(two.size(), 1U) << "moved back";
    EXPECT_EQ(queue.try_push_for(std::move(two), 1ms), full);
    ASSERT_EQ(two.size(), 1U) << "moved back";
  }
  EXPECT_EQ(**queue.pop()->begin(), 1);
  queue.close();
  EXPECT_FALSE(queue.push(std::move(two)));
  EXPECT_EQ(*two.front(), 2);
}

struct named {
  int number;
  std::string name;
  auto operator<=>(const named&) const = default;
};

TYPED_TEST(queue_arguments, braces_work_in_every_form_of_a_push) {
  auto queue = TestFixture::template make<named>(8);
  EXPECT_TRUE(queue.push({1, "x"}));
  EXPECT_TRUE(queue.push({2, "x"}, std::stop_token()));
  EXPECT_EQ(queue.try_push({3, "x"}), success);
  EXPECT_EQ(queue.try_push_for({4, "x"}, 1s), success);
  EXPECT_EQ(queue.try_push_until({5, "x"}, std::chrono::steady_clock::now() + 1s), success);
  EXPECT_EQ(queue.size(), 5U);
}

// No form of push uses an explicit constructor of T; only emplace does.
template <class Queue, class Value>
concept takes =
    requires(Queue& queue, Value&& value) { queue.push(std::forward<Value>(value)); } ||
    requires(Queue& queue, Value&& value) { queue.try_push(std::forward<Value>(value)); } ||
    requires(Queue& queue, Value&& value, const std::stop_token& stop) {
      queue.push(std::forward<Value>(value), stop);
    } || requires(Queue& queue, Value&& value) { queue.try_push_for(std::forward<Value>(value), 1s); } ||
    requires(Queue& queue, Value&& value) {
      queue.try_push_until(std::forward<Value>(value), std::chrono::steady_clock::time_point());
    };

// Tries to access what is behind the interface.
template <class Queue>
struct derived : Queue {
  static constexpr bool reaches_the_store =
      requires(derived& self) { self.items_; } || requires(derived& self) { self.store(); };
};

TYPED_TEST(queue_arguments, what_must_not_compile_does_not) {
  using pointers = typename TypeParam::template queue<std::unique_ptr<int>>;
  static_assert(takes<pointers, std::unique_ptr<int>>);
  static_assert(!takes<pointers, int*>, "would take ownership unasked");
  static_assert(!takes<pointers, int*&>, "would take ownership unasked");
  static_assert(!takes<pointers, std::unique_ptr<int>&>, "cannot be copied");
  static_assert(!takes<pointers, const std::unique_ptr<int>&>, "cannot be copied");
  static_assert(takes<typename TypeParam::template queue<std::string>, const char*>);
  static_assert(!derived<pointers>::reaches_the_store);
}

// Only declared here, with an element that is incomplete.
template <class Kind>
struct request {
  int number;
  typename Kind::template queue<request>* reply_to;
  friend bool operator<(const request& a, const request& b) { return a.number < b.number; }
};

TYPED_TEST(queue_arguments, an_incomplete_element_type_can_be_named) {
  auto queue = TestFixture::template make<request<TypeParam>>(1);
  queue.push({1, &queue});
  EXPECT_EQ(queue.pop()->reply_to, &queue);
}

}  // namespace
