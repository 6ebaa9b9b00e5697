// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>
#include <plait/spsc_queue.hpp>

#include "support/kernel_calls.hpp"
#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using namespace std::chrono_literals;
using plait::bounded_queue;
using plait::conqueue_status;
using plait::pop_any;
using plait::spsc_queue;
using threads::sleeper;

TEST(pop_any, takes_from_the_first_queue_that_has_an_item_and_says_which) {
  bounded_queue<int> numbers(2);
  bounded_queue<std::string> names(2);
  numbers.push(1);
  names.push("a");
  numbers.push(2);
  EXPECT_EQ(std::get<0>(*pop_any(numbers, names)), 1);
  EXPECT_EQ(std::get<0>(*pop_any(names, numbers)), "a");
  EXPECT_EQ(std::get<1>(*pop_any(names, numbers)), 2);
}

TEST(pop_any, says_empty_or_closed_without_waiting) {
  bounded_queue<int> first(1);
  spsc_queue<int> second(1);
  EXPECT_EQ(plait::try_pop_any(first, second).error(), conqueue_status::empty);
  first.close();
  EXPECT_EQ(plait::try_pop_any(first, second).error(), conqueue_status::empty);
  second.push(7);
  second.close();
  EXPECT_EQ(plait::try_pop_any(first, second)->index(), 1U);
  EXPECT_EQ(plait::try_pop_any(first, second).error(), conqueue_status::closed);
  EXPECT_EQ(pop_any(first, second), std::nullopt);
  EXPECT_EQ(plait::try_pop_any_for(1h, first, second).error(), conqueue_status::closed);
}

TEST(pop_any, sleeps_until_any_of_the_queues_has_an_item) {
  for (const bool into_the_last : {false, true}) {
    bounded_queue<int> first(1);
    bounded_queue<int> second(1);
    spsc_queue<int> third(1);
    std::optional<std::variant<int, int, int>> item;
    sleeper consumer([&] { item = pop_any(first, second, third); });
    EXPECT_FALSE(consumer.has_returned());
    if (into_the_last)
      third.push(5);
    else
      second.push(5);
    consumer.join();
    ASSERT_TRUE(item.has_value());
    EXPECT_EQ(item->index(), into_the_last ? 2U : 1U);
  }
}

TEST(pop_any, sleeps_until_the_last_queue_is_closed) {
  bounded_queue<int> first(1);
  bounded_queue<int> second(1);
  sleeper consumer([&] { EXPECT_EQ(pop_any(first, second), std::nullopt); });
  second.close();
  EXPECT_FALSE(consumer.has_returned());
  first.close();
  consumer.join();
}

TEST(pop_any, gives_up_at_a_deadline_and_not_before) {
  bounded_queue<int> first(1);
  bounded_queue<int> second(1);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(plait::try_pop_any_for(5ms, first, second).error(), conqueue_status::empty);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
  EXPECT_EQ(plait::try_pop_any_until(std::chrono::steady_clock::now(), first, second).error(),
            conqueue_status::empty);
  second.push(1);
  EXPECT_TRUE(plait::try_pop_any_for(-1h, first, second).has_value());
}

TEST(pop_any, gives_up_when_a_stop_is_requested) {
  bounded_queue<int> first(1);
  bounded_queue<int> second(1);
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  sleeper consumer([&] { EXPECT_EQ(pop_any(stop, first, second), std::nullopt); });
  EXPECT_FALSE(consumer.has_returned());
  source.request_stop();
  consumer.join();
}

// A thread that waits at two queues and is woken for both takes an item from one; it must wake the next waiter
// for the other queue's item.
TEST(pop_any, a_wake_it_does_not_use_goes_to_another_waiter) {
  for (int round = 0; round != 100; ++round) {
    bounded_queue<int> first(1);
    bounded_queue<int> second(1);
    std::atomic<int> taken = 0;
    {
      sleeper both([&] { taken += pop_any(first, second).has_value() ? 1 : 0; });
      sleeper one([&] { taken += second.pop().has_value() ? 1 : 0; });
      first.push(1);
      second.push(2);
      second.push(3);
      first.close();
      second.close();
    }
    ASSERT_EQ(taken, 2);
  }
}

TEST(pop_any, items_may_be_of_a_type_that_can_only_be_moved) {
  bounded_queue<std::unique_ptr<int>> first(1);
  bounded_queue<std::unique_ptr<int>> second(1);
  second.push(std::make_unique<int>(3));
  EXPECT_EQ(*std::get<1>(*pop_any(first, second)), 3);
}

TEST(pop_any, nothing_is_lost_between_many_threads) {
  constexpr int count = 5'000;
  bounded_queue<int> first(3);
  bounded_queue<int> second(2);
  std::atomic<std::int64_t> sum = 0;
  {
    std::deque<std::jthread> consumers;
    for (int i = 0; i != 2; ++i)
      consumers.emplace_back([&] {
        while (const auto item = pop_any(first, second))
          sum += item->index() == 0 ? std::get<0>(*item) : std::get<1>(*item);
      });
    consumers.emplace_back([&] {
      while (const auto item = second.pop()) sum += *item;
    });
    std::jthread one([&] {
      for (int i = 1; i <= count; ++i) first.push(i);
      first.close();
    });
    std::jthread two([&] {
      for (int i = 1; i <= count; ++i) second.push(i);
      second.close();
    });
  }
  EXPECT_EQ(sum, std::int64_t{count} * (count + 1));
}

std::uint64_t futex_calls_in(std::chrono::milliseconds time) {
  const std::uint64_t before = plait::detail::sync::futex_calls();
  std::this_thread::sleep_for(time);
  return plait::detail::sync::futex_calls() - before;
}

TEST(pop_any, who_waits_uses_no_processor_or_without_futex_waitv_looks_once_a_millisecond) {
  bounded_queue<int> first(1);
  bounded_queue<int> second(1);
  sleeper consumer([&] { (void)pop_any(first, second); });
  if (kernel_calls::has_futex_waitv())
    EXPECT_TRUE(consumer.comes_to_rest());
  else
    EXPECT_LE(futex_calls_in(200ms), 2 * 200U);  // the call that is not there, and a sleep
  first.close();
  second.close();
}

TEST(pop_any, who_waits_looks_once_a_millisecond_in_a_sandbox_that_forbids_futex_waitv) {
  bounded_queue<int> first(1);
  bounded_queue<int> second(1);
  std::jthread consumer([&] {
    EXPECT_TRUE(kernel_calls::forbid_in_this_thread(kernel_calls::futex_waitv) ||
                !kernel_calls::has_futex_waitv());
    EXPECT_EQ(std::get<1>(*pop_any(first, second)), 1);
  });
  EXPECT_LE(futex_calls_in(200ms), 2 * 200U);
  second.push(1);
}

TEST(pop_any, takes_from_the_first_queue_of_a_range_that_has_an_item_and_says_which) {
  std::deque<bounded_queue<int>> queues;
  for (int i = 0; i != 3; ++i) queues.emplace_back(2U);
  queues[1].push(1);
  queues[2].push(2);
  const auto first = pop_any(queues);
  EXPECT_EQ(first->index, 1U);
  EXPECT_EQ(first->value, 1);
  const auto second = plait::try_pop_any(queues);
  EXPECT_EQ(second->index, 2U);
  EXPECT_EQ(second->value, 2);
}

TEST(pop_any, a_range_may_hold_whatever_refers_to_queues) {
  bounded_queue<std::unique_ptr<int>> one(1);
  const auto two = std::make_unique<bounded_queue<std::unique_ptr<int>>>(1U);
  const auto expect_next = [&](const auto& queues, std::size_t index) {
    (index == 0 ? one : *two).push(std::make_unique<int>(7));
    const auto item = pop_any(queues);
    EXPECT_EQ(item->index, index);
    EXPECT_EQ(*item->value, 7);
  };
  const std::array pointers{&one, two.get()};
  const std::array references{std::ref(one), std::ref(*two)};
  std::vector<std::shared_ptr<bounded_queue<std::unique_ptr<int>>>> shared;
  for (auto* each : pointers) shared.emplace_back(std::shared_ptr<void>(), each);
  for (const std::size_t index : {0U, 1U}) {
    expect_next(pointers, index);
    expect_next(references, index);
    expect_next(shared, index);
    expect_next(pointers | std::views::transform([](auto* each) { return each; }), index);
  }
}

TEST(pop_any, a_null_pointer_in_a_range_is_refused_by_name_and_nothing_is_taken) {
  bounded_queue<int> behind(1);
  behind.push(1);
  const std::array<bounded_queue<int>*, 2> queues{nullptr, &behind};
  try {
    (void)pop_any(queues);
    FAIL();
  } catch (const std::invalid_argument& refused) {
    EXPECT_STREQ(refused.what(), "plait::pop_any: a pointer to a queue is null");
  }
  EXPECT_EQ(behind.size(), 1U);
}

TEST(pop_any, no_queues_at_all_count_as_closed) {
  const std::vector<bounded_queue<int>*> none;
  EXPECT_FALSE(pop_any(none).has_value());
  EXPECT_EQ(plait::try_pop_any(none).error(), conqueue_status::closed);
  EXPECT_EQ(plait::try_pop_any_for(1h, none).error(), conqueue_status::closed);
}

// More than 128 queues are more than the kernel sleeps on at once.
TEST(pop_any, sleeps_until_any_queue_of_a_range_has_an_item_or_the_last_is_closed) {
  for (const std::size_t count : {1U, 2U, 20U, 128U, 129U, 300U}) {
    std::deque<bounded_queue<int>> queues;
    for (std::size_t i = 0; i != count; ++i) queues.emplace_back(1U);
    {
      sleeper consumer([&] {
        const auto item = pop_any(queues);
        ASSERT_TRUE(item.has_value());
        EXPECT_EQ(item->index, count - 1);
      });
      EXPECT_FALSE(consumer.has_returned());
      queues.back().push(1);
    }
    sleeper consumer([&] { EXPECT_FALSE(pop_any(queues).has_value()); });
    for (auto& each : queues) {
      EXPECT_FALSE(consumer.has_returned());
      each.close();
    }
  }
}

TEST(pop_any, at_a_range_gives_up_at_a_deadline_and_when_a_stop_is_requested) {
  std::deque<spsc_queue<int>> queues;
  for (int i = 0; i != 3; ++i) queues.emplace_back(1U);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(plait::try_pop_any_for(5ms, queues).error(), conqueue_status::empty);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
  EXPECT_EQ(plait::try_pop_any_until(std::chrono::steady_clock::now(), queues).error(), conqueue_status::empty);
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  sleeper consumer([&] { EXPECT_FALSE(pop_any(stop, queues).has_value()); });
  EXPECT_FALSE(consumer.has_returned());
  source.request_stop();
}

TEST(pop_any, nothing_is_lost_between_many_threads_that_wait_at_a_range) {
  constexpr int count = 3'000;
  constexpr std::size_t producers = 3;
  std::deque<bounded_queue<int>> queues;
  for (std::size_t i = 0; i != producers; ++i) queues.emplace_back(1 + i);
  std::atomic<std::int64_t> sum = 0;
  {
    std::deque<std::jthread> threads;
    for (int i = 0; i != 2; ++i)
      threads.emplace_back([&] {
        while (const auto item = pop_any(queues)) sum += item->value;
      });
    for (auto& each : queues)
      threads.emplace_back([&] {
        for (int i = 1; i <= count; ++i) each.push(i);
        each.close();
      });
  }
  EXPECT_EQ(sum, std::int64_t{producers} * count * (count + 1) / 2);
}

}  // namespace
