// SPDX-License-Identifier: MIT
// What spsc_queue has beyond the contract of all queues (queue_contract.test.cpp).
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <expected>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/spsc_queue.hpp>

#include "support/sanitizer.hpp"
#include "support/threads.hpp"

namespace {

using plait::conqueue_status;
using plait::spsc_queue;
using threads::sleeper;

TEST(spsc_queue, a_capacity_of_0_or_above_the_largest_is_refused_with_a_message) {
  try {
    spsc_queue<int> queue(0);
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "plait::spsc_queue: capacity is 0; it must be at least 1");
  }
  EXPECT_THROW(spsc_queue<int>{std::numeric_limits<std::size_t>::max()}, std::length_error);
}

TEST(spsc_queue, holds_exactly_its_capacity_in_every_lap_and_keeps_the_order) {
  for (int capacity = 1; capacity != 9; ++capacity) {
    spsc_queue<int> queue(static_cast<std::size_t>(capacity));
    for (int lap = 0; lap != 5; ++lap) {
      queue.push(-1);  // so that each lap begins one slot later
      (void)queue.pop();
      for (int i = 0; i != capacity; ++i) ASSERT_EQ(queue.try_push(i), conqueue_status::success);
      ASSERT_EQ(queue.try_push(-1), conqueue_status::full);
      ASSERT_EQ(queue.size(), static_cast<std::size_t>(capacity));
      for (int i = 0; i != capacity; ++i) ASSERT_EQ(queue.try_pop(), i);
      ASSERT_EQ(queue.try_pop(), std::unexpected(conqueue_status::empty));
    }
  }
}

TEST(spsc_queue, a_full_queue_makes_its_producer_wait) {
  spsc_queue<int> queue(1);
  queue.push(1);
  sleeper producer([&] { queue.push(2); });
  EXPECT_FALSE(producer.has_returned());
  EXPECT_EQ(queue.pop(), 1);
  producer.join();
  EXPECT_EQ(queue.pop(), 2);
}

TEST(spsc_queue, batches_cross_the_end_of_the_ring) {
  spsc_queue<std::string> queue(5);
  for (std::size_t start = 0; start != 10; ++start) {
    const std::array<std::string, 4> batch{"a", "b", "c", std::string(40, 'd')};
    ASSERT_EQ(queue.push_n(batch.begin(), batch.size()), batch.size());
    std::array<std::string, 4> out;
    ASSERT_EQ(queue.pop_n(out.begin(), out.size()), out.size());
    ASSERT_EQ(out, batch);
    queue.push("");
    (void)queue.pop();
  }
}

// Single calls do not ask where a lap ends; batches and calls in place go beyond it, by any number.
TEST(spsc_queue, every_call_may_follow_every_other_wherever_the_ring_ends) {
  std::mt19937 random;  // NOLINT(bugprone-random-generator-seed): the same calls in every run
  std::array<int, 8> batch;
  for (std::size_t capacity = 1; capacity != 7; ++capacity) {
    spsc_queue<int> queue(capacity);
    int pushed = 0;
    int popped = 0;
    for (int i = 0; i != 20'000; ++i) {
      const std::size_t wanted = random() % batch.size();
      const std::size_t free = capacity - queue.size();
      const std::size_t filled = queue.size();
      ASSERT_EQ(filled, static_cast<std::size_t>(pushed - popped));
      switch (random() % 6) {
        case 0:
          ASSERT_EQ(queue.try_push(pushed), free != 0 ? conqueue_status::success : conqueue_status::full);
          if (free != 0) ++pushed;
          break;
        case 1:
          std::iota(batch.begin(), batch.end(), pushed);
          ASSERT_EQ(queue.try_push_n(batch.begin(), wanted), std::min(wanted, free));
          pushed += static_cast<int>(std::min(wanted, free));
          break;
        case 2: {
          const std::span<int> room = queue.try_reserve(wanted);
          ASSERT_EQ(room.empty(), std::min(wanted, free) == 0);
          for (int& each : room) each = pushed++;
          ASSERT_TRUE(queue.commit(room.size()));
          break;
        }
        case 3:
          if (filled != 0)
            ASSERT_EQ(queue.try_pop(), popped++);
          else
            ASSERT_EQ(queue.try_pop(), std::unexpected(conqueue_status::empty));
          break;
        case 4:
          ASSERT_EQ(queue.try_pop_n(batch.begin(), wanted), std::min(wanted, filled));
          for (std::size_t each = 0; each != std::min(wanted, filled); ++each) ASSERT_EQ(batch[each], popped++);
          break;
        default: {
          const std::span<int> items = queue.try_peek(wanted);
          ASSERT_EQ(items.empty(), std::min(wanted, filled) == 0);
          const std::size_t consumed = items.empty() ? 0 : random() % (items.size() + 1);
          for (const int each : items.first(consumed)) ASSERT_EQ(each, popped++);
          queue.consume(consumed);
        }
      }
    }
  }
}

TEST(spsc_queue, is_drained_wherever_in_a_lap_it_is_closed) {
  for (std::size_t capacity = 1; capacity != 5; ++capacity) {
    for (std::size_t items = 0; items != 3 * capacity; ++items) {
      spsc_queue<int> queue(capacity);
      for (std::size_t i = 0; i != items; ++i) {
        queue.push(1);
        ASSERT_EQ(queue.pop(), 1);
      }
      queue.close();
      ASSERT_EQ(queue.try_pop(), std::unexpected(conqueue_status::closed)) << items << " of " << capacity;
    }
  }
}

TEST(spsc_queue, a_batch_and_a_reservation_get_all_the_room_that_pops_have_made) {
  spsc_queue<int> queue(4);
  std::array<int, 4> items{1, 2, 3, 4};
  ASSERT_EQ(queue.push_n(items.begin(), 3), 3U);
  ASSERT_EQ(queue.pop_n(items.begin(), 3), 3U);
  EXPECT_EQ(queue.try_push_n(items.begin(), 4), 4U);
  ASSERT_EQ(queue.pop_n(items.begin(), 4), 4U);
  queue.push(1);  // to the end of the ring
  EXPECT_EQ(queue.try_reserve(9).size(), 3U);
}

TEST(spsc_queue, what_is_reserved_is_in_the_queue_once_it_is_committed) {
  spsc_queue<int> queue(4);
  const std::span<int> room = queue.try_reserve(3);
  ASSERT_EQ(room.size(), 3U);
  std::iota(room.begin(), room.end(), 1);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.commit(2));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.try_reserve(9).size(), 2U) << "as far as the ring's end";
  EXPECT_TRUE(queue.commit(2));
  EXPECT_EQ(queue.try_reserve(9).size(), 2U);
  EXPECT_TRUE(queue.commit(2));
  EXPECT_TRUE(queue.try_reserve(1).empty());
  EXPECT_TRUE(queue.reserve(0).empty());
}

TEST(spsc_queue, what_is_peeked_at_stays_until_it_is_consumed) {
  const auto counted = std::make_shared<int>(7);
  spsc_queue<std::shared_ptr<int>> queue(3);
  EXPECT_TRUE(queue.try_peek(1).empty());
  for (int i = 0; i != 3; ++i) queue.push(counted);
  ASSERT_EQ(queue.peek(2).size(), 2U);
  EXPECT_EQ(*queue.peek(9).front(), 7);
  EXPECT_EQ(counted.use_count(), 4);
  queue.consume(2);
  EXPECT_EQ(counted.use_count(), 2);
  EXPECT_EQ(queue.size(), 1U);
  queue.consume(0);
  EXPECT_EQ(queue.peek(9).size(), 1U);
}

TEST(spsc_queue, reserve_and_peek_wait_and_end_when_the_queue_is_closed) {
  spsc_queue<int> queue(1);
  std::size_t seen = 0;
  sleeper consumer([&] {
    while (!queue.peek(1).empty()) queue.consume(1), ++seen;
  });
  EXPECT_FALSE(consumer.has_returned());
  for (int i = 0; i != 100; ++i) {
    const std::span<int> room = queue.reserve(1);
    ASSERT_EQ(room.size(), 1U);
    room.front() = i;
    ASSERT_TRUE(queue.commit(1));
  }
  queue.close();
  consumer.join();
  EXPECT_EQ(seen, 100U);
  EXPECT_TRUE(queue.reserve(1).empty());
  EXPECT_TRUE(queue.peek(1).empty());
}

TEST(spsc_queue, nothing_reserved_is_put_into_a_closed_queue) {
  spsc_queue<int> queue(2);
  const std::span<int> room = queue.reserve(1);
  room.front() = 1;
  queue.close();
  EXPECT_FALSE(queue.commit(1));
  EXPECT_FALSE(queue.commit(0));
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(spsc_queue, threads_may_take_turns_at_an_end) {
  spsc_queue<int> queue(4);
  for (int i = 0; i != 4; ++i) std::jthread([&] { queue.push(i); }).join();
  for (int i = 0; i != 4; ++i) std::jthread([&] { EXPECT_EQ(queue.pop(), i); }).join();
}

// Both threads wait for each other in the element's constructor, so that their pushes overlap.
struct slow_to_make {
  explicit slow_to_make(std::atomic<int>& inside) noexcept {
    inside.fetch_add(1);
    while (inside.load() < 2) std::this_thread::yield();
  }
};

#if !defined(NDEBUG) && !PLAIT_UNDER_TSAN
TEST(spsc_queue_death, a_second_producer_at_the_same_time_stops_a_build_with_assertions) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        spsc_queue<slow_to_make> queue(2);
        std::atomic<int> inside = 0;
        std::jthread first([&] { queue.emplace(inside); });
        while (inside.load() == 0) std::this_thread::yield();
        queue.emplace(inside);
      },
      "plait::spsc_queue: two threads push at the same time, but it has one producer; use bounded_queue");
}
#endif

}  // namespace
