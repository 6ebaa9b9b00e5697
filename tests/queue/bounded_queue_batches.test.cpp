// SPDX-License-Identifier: MIT
// push_n, pop_n and their try_ forms.
#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include "support/queue_items.hpp"
#include "support/threads.hpp"

namespace {

using plait::bounded_queue;
using queue_items::drain;
using queue_items::numbers;

TEST(bounded_queue_batches, push_n_and_pop_n_move_whole_batches_across_the_end_of_the_ring) {
  for (int capacity = 1; capacity != 9; ++capacity) {
    bounded_queue<int> queue(static_cast<std::size_t>(capacity));
    for (int start = 0; start != 2 * capacity; ++start) {
      const std::vector<int> batch = numbers(start, capacity);
      ASSERT_EQ(queue.push_n(batch.begin(), batch.size()), batch.size());
      ASSERT_EQ(queue.size(), batch.size());
      std::vector<int> out(batch.size());
      ASSERT_EQ(queue.pop_n(out.begin(), out.size()), batch.size());
      ASSERT_EQ(out, batch);
      queue.push(0);  // so that the next batch begins one slot later
      (void)queue.pop();
    }
  }
}

TEST(bounded_queue_batches, batches_of_0_do_nothing_and_do_not_wait) {
  bounded_queue<int> queue(1);
  int item = 0;
  EXPECT_EQ(queue.pop_n(&item, 0), 0U);
  EXPECT_EQ(queue.try_pop_n(&item, 0), 0U);
  queue.push(1);
  EXPECT_EQ(queue.push_n(&item, 0), 0U);
  EXPECT_EQ(queue.try_push_n(&item, 0), 0U);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(bounded_queue_batches, try_push_n_and_try_pop_n_do_what_can_be_done_at_once) {
  bounded_queue<int> queue(5);
  const std::vector<int> batch = numbers(0, 8);
  EXPECT_EQ(queue.try_push_n(batch.begin(), 3), 3U);
  EXPECT_EQ(queue.try_push_n(batch.begin() + 3, 5), 2U);
  EXPECT_EQ(queue.try_push_n(batch.begin(), 1), 0U);
  std::vector<int> out(8);
  EXPECT_EQ(queue.try_pop_n(out.begin(), 2), 2U);
  EXPECT_EQ(queue.try_pop_n(out.begin() + 2, 6), 3U);
  EXPECT_EQ(queue.try_pop_n(out.begin(), 8), 0U);
  EXPECT_EQ(out, (std::vector{0, 1, 2, 3, 4, 0, 0, 0}));
}

TEST(bounded_queue_batches, push_n_of_more_than_the_capacity_waits_for_room) {
  bounded_queue<int> queue(3);
  const std::vector<int> batch = numbers(0, 1000);
  std::size_t pushed = 0;
  std::jthread producer([&] {
    pushed = queue.push_n(batch.begin(), batch.size());
    queue.close();
  });
  std::vector<int> out;
  std::array<int, 7> some{};
  while (const std::size_t count = queue.pop_n(some.begin(), some.size())) {
    EXPECT_LE(count, some.size());
    out.insert(out.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  producer.join();
  EXPECT_EQ(pushed, batch.size());
  EXPECT_EQ(out, batch);
}

TEST(bounded_queue_batches, push_n_says_how_many_went_in_before_the_queue_was_closed) {
  bounded_queue<int> queue(3);
  const std::vector<int> batch = numbers(0, 10);
  std::size_t pushed = 0;
  threads::sleeper producer([&] { pushed = queue.push_n(batch.begin(), batch.size()); });
  EXPECT_EQ(queue.pop(), 0);
  while (queue.size() != 3) std::this_thread::yield();
  queue.close();
  producer.join();
  EXPECT_EQ(pushed, 4U);
  EXPECT_EQ(drain(queue), (std::vector{1, 2, 3}));
}

TEST(bounded_queue_batches, pop_n_waits_for_the_first_item_only) {
  bounded_queue<int> queue(8);
  std::array<int, 8> out{};
  std::size_t popped = 0;
  threads::sleeper consumer([&] { popped = queue.pop_n(out.begin(), out.size()); });
  EXPECT_FALSE(consumer.has_returned());
  queue.push(7);
  consumer.join();
  EXPECT_EQ(popped, 1U);
  EXPECT_EQ(out[0], 7);
}

TEST(bounded_queue_batches, batches_take_any_iterator) {
  bounded_queue<std::string> queue(2);
  std::istringstream words("tangle plait braid");
  EXPECT_EQ(queue.try_push_n(std::istream_iterator<std::string>(words), 2), 2U);
  std::vector<std::string> out;
  EXPECT_EQ(queue.pop_n(std::back_inserter(out), 5), 2U);
  EXPECT_EQ(out, (std::vector<std::string>{"tangle", "plait"}));

  const std::array literals{"a", "b", "c"};
  EXPECT_EQ(queue.try_push_n(literals.begin(), 3), 2U);
  std::ostringstream text;
  EXPECT_EQ(queue.try_pop_n(std::ostream_iterator<std::string>(text, " "), 3), 2U);
  EXPECT_EQ(text.str(), "a b ");
}

TEST(bounded_queue_batches, move_iterators_move_what_goes_in_and_nothing_else) {
  bounded_queue<std::unique_ptr<int>> queue(3);
  std::vector<std::unique_ptr<int>> batch;
  for (int i = 0; i != 5; ++i) batch.push_back(std::make_unique<int>(i));
  EXPECT_EQ(queue.try_push_n(std::move_iterator(batch.begin()), 5), 3U);
  EXPECT_EQ(std::count(batch.begin(), batch.end(), nullptr), 3);
  EXPECT_EQ(*batch[3], 3);
  std::vector<std::unique_ptr<int>> out(5);
  EXPECT_EQ(queue.try_pop_n(out.begin(), 5), 3U);
  for (int i = 0; i != 3; ++i) EXPECT_EQ(*out[static_cast<std::size_t>(i)], i);
}

}  // namespace
