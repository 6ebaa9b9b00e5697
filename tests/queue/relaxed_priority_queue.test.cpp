// SPDX-License-Identifier: MIT
// What only relaxed_priority_queue promises: nearly the smallest item, exactly empty. For the rest see
// queue_contract.test.cpp.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/relaxed_priority_queue.hpp>

namespace {

using plait::conqueue_status;
using plait::relaxed_priority_queue;

TEST(relaxed_priority_queue, every_item_comes_out_once_and_small_ones_early) {
  constexpr int items = 10'000;
  relaxed_priority_queue<int> queue;
  for (int i = 0; i != items; ++i) queue.push((i * 7919) % items);
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(items));
  std::vector<int> order;
  while (auto item = queue.try_pop()) order.push_back(*item);
  EXPECT_TRUE(queue.empty());
  // The sum of the differences between where an item came out and where it should have, compared with that of a
  // shuffled order.
  long displacement = 0;
  for (int i = 0; i != items; ++i) displacement += std::abs(order[static_cast<std::size_t>(i)] - i);
  EXPECT_LT(displacement / items, items / 20);
  std::ranges::sort(order);
  for (int i = 0; i != items; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(relaxed_priority_queue, takes_keys_of_any_kind_and_any_comparator) {
  relaxed_priority_queue<std::string, std::greater<>> queue;
  for (const char* const item : {"b", "", "a"}) queue.push(item);
  std::vector<std::string> all;
  while (auto item = queue.try_pop()) all.push_back(*item);
  std::ranges::sort(all);
  EXPECT_EQ(all, (std::vector<std::string>{"", "a", "b"}));
}

TEST(relaxed_priority_queue, empty_is_said_only_when_it_is_true) {
  relaxed_priority_queue<int> queue;
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::empty));
  // A single item is always found, in whichever lane other threads have put it.
  for (int i = 0; i != 100; ++i) {
    std::jthread([&] { queue.push(i); }).join();
    ASSERT_EQ(queue.try_pop(), i);
    ASSERT_EQ(queue.try_pop(), std::unexpected(conqueue_status::empty));
  }
}

TEST(relaxed_priority_queue, closed_it_refuses_keeps_the_value_and_drains) {
  relaxed_priority_queue<std::unique_ptr<int>> queue;
  for (int i = 0; i != 100; ++i) queue.push(std::make_unique<int>(i));
  queue.close();
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  auto value = std::make_unique<int>(-1);
  EXPECT_FALSE(queue.push(std::move(value)));
  EXPECT_NE(value, nullptr);
  int drained = 0;
  while (queue.pop()) ++drained;
  EXPECT_EQ(drained, 100);
  EXPECT_EQ(queue.try_pop().error(), conqueue_status::closed);
}

TEST(relaxed_priority_queue, batches_go_in_and_out) {
  relaxed_priority_queue<int> queue;
  const std::array items{5, 1, 4, 2, 3};
  EXPECT_EQ(queue.push_n(items.begin(), items.size()), 5u);
  std::array<int, 8> out{};
  EXPECT_EQ(queue.try_pop_n(out.begin(), 8), 5u);
  std::ranges::sort(out);
  EXPECT_EQ(out, (std::array{0, 0, 0, 1, 2, 3, 4, 5}));
}

TEST(relaxed_priority_queue, a_comparator_that_throws_loses_nothing) {
  int left = -1;
  const auto throwing = [&left](int a, int b) {
    if (--left == 0) throw std::domain_error("cannot compare");
    return a < b;
  };
  relaxed_priority_queue<int, decltype(throwing)> queue(throwing);
  for (int i = 0; i != 500; ++i) queue.push((i * 17) % 500);
  std::size_t size = 500, thrown = 0;
  for (int nth = 1; nth != 30; ++nth) {
    left = nth;
    try {
      (void)queue.pop();
      --size;
    } catch (const std::domain_error&) {
      ++thrown;
    }
    left = nth;
    try {
      queue.push(0);
      ++size;
    } catch (const std::domain_error&) {
      ++thrown;
    }
    ASSERT_EQ(queue.size(), size);
  }
  EXPECT_GT(thrown, 0u);
  left = -1;
  while (queue.try_pop()) --size;
  EXPECT_EQ(size, 0u);
}

TEST(relaxed_priority_queue, loses_nothing_among_threads) {
  constexpr std::size_t producers = 3, each = 20'000;
  relaxed_priority_queue<std::size_t> queue;
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
          for (std::size_t i = 0; i != each; ++i) queue.push(i * producers + p);
        });
    }
    queue.join();
    EXPECT_EQ(queue.unfinished_tasks(), 0u);
    queue.close();
  }
  std::vector<int> seen(producers * each);
  for (const auto& mine : popped)
    for (const std::size_t item : mine) ++seen[item];
  EXPECT_TRUE(std::ranges::all_of(seen, [](int count) { return count == 1; }));
}

}  // namespace
