// SPDX-License-Identifier: MIT
// What only lifo_queue promises: its order and its memory. For the rest see queue_contract.test.cpp.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/lifo_queue.hpp>

#include "support/allocations.hpp"
#include "support/sanitizer.hpp"

namespace {

using plait::conqueue_status;
using plait::lifo_queue;

template <class Queue>
auto drain(Queue& queue) {
  std::vector<typename Queue::value_type> items;
  while (auto item = queue.try_pop()) items.push_back(*std::move(item));
  return items;
}

TEST(lifo_queue, the_youngest_item_comes_out_first) {
  lifo_queue<std::string> queue;
  for (const char* const item : {"a", "b", "c"}) EXPECT_TRUE(queue.push(item));
  EXPECT_EQ(queue.pop(), "c");
  queue.push("d");
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"d", "b", "a"}));
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::empty));
}

TEST(lifo_queue, a_bound_is_exact) {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
    lifo_queue<std::size_t> queue(capacity);
    EXPECT_EQ(queue.capacity(), capacity);
    for (int lap = 0; lap != 3; ++lap) {
      for (std::size_t i = 0; i != capacity; ++i) ASSERT_EQ(queue.try_push(i), conqueue_status::success);
      ASSERT_EQ(queue.try_push(0u), conqueue_status::full);
      ASSERT_EQ(queue.try_pop(), capacity - 1);
      ASSERT_EQ(queue.try_push(capacity), conqueue_status::success);
      ASSERT_EQ(drain(queue).size(), capacity);
    }
  }
}

// An item whose move waits, once, in the middle of a pop.
struct slow_item {
  enum stage { passes, is_awaited, waits, goes_on };

  explicit slow_item(int number) : value(number) {}
  slow_item(slow_item&& other) noexcept : value(other.value) {
    if (at != is_awaited) return;
    at = waits;
    while (at != goes_on) std::this_thread::yield();
  }
  slow_item& operator=(slow_item&& other) noexcept = default;

  static inline std::atomic<stage> at{passes};
  int value;
};

TEST(lifo_queue, full_is_not_said_while_a_pop_makes_room) {
  lifo_queue<slow_item> queue(2);
  queue.push(slow_item(1));
  slow_item::at = slow_item::is_awaited;
  int popped = 0;
  std::thread consumer([&] { popped = queue.pop()->value; });
  while (slow_item::at != slow_item::waits) std::this_thread::yield();
  // The pop took effect before this push, or it would get 2: the queue holds one item from here on.
  EXPECT_TRUE(queue.push(slow_item(2)));
  const conqueue_status third = queue.try_push(slow_item(3));
  slow_item::at = slow_item::goes_on;
  consumer.join();
  EXPECT_EQ(popped, 1);
  EXPECT_NE(third, conqueue_status::full);
  EXPECT_EQ(queue.size(), third == conqueue_status::success ? 2u : 1u);
}

TEST(lifo_queue, a_capacity_of_0_or_too_large_is_refused_with_a_message) {
  try {
    const lifo_queue<int> queue(0);
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "plait::lifo_queue: capacity is 0; it must be at least 1");
  }
  EXPECT_THROW(lifo_queue<int>{std::numeric_limits<std::size_t>::max()}, std::length_error);
}

TEST(lifo_queue, a_push_that_is_refused_keeps_the_value) {
  lifo_queue<std::unique_ptr<int>> queue(1);
  queue.push(nullptr);
  auto value = std::make_unique<int>(2);
  EXPECT_EQ(queue.try_push(std::move(value)), conqueue_status::full);
  ASSERT_NE(value, nullptr);
  queue.close();
  EXPECT_FALSE(queue.push(std::move(value)));
  ASSERT_NE(value, nullptr);
}

TEST(lifo_queue, closed_it_drains_and_then_says_closed) {
  lifo_queue<int> queue;
  for (const int item : {1, 2, 3}) queue.push(item);
  queue.close();
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_EQ(queue.close_and_discard(), 2u);
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::closed));
}

TEST(lifo_queue, a_batch_goes_in_in_its_order_and_comes_out_in_reverse) {
  lifo_queue<int> queue(5);
  const std::array items{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(queue.try_push_n(items.begin(), items.size()), 5u);
  std::array<int, 6> out{};
  EXPECT_EQ(queue.pop_n(out.begin(), 2), 2u);
  EXPECT_EQ(queue.try_pop_n(out.begin() + 2, 4), 3u);
  EXPECT_EQ(out, (std::array{5, 4, 3, 2, 1, 0}));
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(lifo_queue, memory_is_given_back_when_the_items_are_gone) {
  constexpr int items = under_sanitizer ? 100'000 : 1'000'000;
  const std::ptrdiff_t before = allocations::bytes_held;
  {
    lifo_queue<int> queue;
    for (int i = 0; i != items; ++i) queue.push(i);
    EXPECT_GE(allocations::bytes_held - before, 4 * items);
    while (queue.try_pop()) {
    }
    EXPECT_LE(allocations::bytes_held - before, 16 * 1024 + 64);
  }
  EXPECT_EQ(allocations::bytes_held, before);
}

TEST(lifo_queue, a_push_that_finds_no_memory_throws_and_pops_go_on) {
  lifo_queue<int> queue;
  int pushed = 0;
  for (; pushed != 10'000; ++pushed) queue.push(pushed);
  allocations::until_failure = 1;
  bool threw = false;
  try {
    for (; pushed != 20'000; ++pushed) queue.push(pushed);
  } catch (const std::bad_alloc&) {
    threw = true;
  }
  allocations::until_failure = 0;
  bool in_order = queue.size() == static_cast<std::size_t>(pushed);
  for (int i = pushed; i != 0; --i) in_order = in_order && queue.try_pop() == i - 1;
  EXPECT_TRUE(threw);
  EXPECT_TRUE(in_order);
  EXPECT_TRUE(queue.empty());
}
#endif

TEST(lifo_queue, loses_nothing_among_threads) {
  constexpr std::size_t producers = 3, each = 20'000;
  for (const std::size_t capacity : {lifo_queue<std::size_t>::max_capacity(), std::size_t{50}}) {
    lifo_queue<std::size_t> queue(capacity);
    std::array<std::vector<std::size_t>, 2> popped;
    {
      std::vector<std::jthread> consumers;
      for (auto& mine : popped)
        consumers.emplace_back([&] {
          while (auto got = queue.pop()) {
            mine.push_back(*got);
            queue.task_done();
          }
        });
      {
        std::vector<std::jthread> pushing;
        for (std::size_t p = 0; p != producers; ++p)
          pushing.emplace_back([&, p] {
            for (std::size_t i = 0; i != each; ++i) queue.push(p * each + i);
          });
      }
      queue.join();
      queue.close();
    }
    std::vector<int> seen(producers * each);
    for (const auto& mine : popped)
      for (const std::size_t item : mine) ++seen[item];
    EXPECT_TRUE(std::ranges::all_of(seen, [](int count) { return count == 1; }));
  }
}

}  // namespace
