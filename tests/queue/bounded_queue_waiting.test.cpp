// SPDX-License-Identifier: MIT
// Everything that waits: deadlines, stop tokens, close, join, signals, and what waiting costs.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using threads::sleeper;

constexpr auto full = conqueue_status::full;
constexpr auto closed = conqueue_status::closed;
constexpr auto success = conqueue_status::success;
const std::expected<int, conqueue_status> nothing = std::unexpected(conqueue_status::empty);

// Longer than any correct wait takes on a slow machine.
constexpr auto long_enough = 30s;

TEST(bounded_queue_waiting, a_push_waits_for_room_and_a_pop_for_an_item) {
  bounded_queue<int> queue(1);
  std::optional<int> popped;
  sleeper consumer([&] { popped = queue.pop(); });
  EXPECT_FALSE(consumer.has_returned());
  queue.push(1);
  consumer.join();
  EXPECT_EQ(popped, 1);

  queue.push(2);
  sleeper producer([&] { queue.push(3); });
  EXPECT_FALSE(producer.has_returned());
  EXPECT_EQ(queue.pop(), 2);
  producer.join();
  EXPECT_EQ(queue.pop(), 3);
}

struct reference {
  explicit reference(const int& number) noexcept : to(&number) {}
  const int* to;
};

TEST(bounded_queue_waiting, an_element_refers_to_what_push_was_given_even_if_it_had_to_wait) {
  bounded_queue<reference> queue(1);
  const int first = 1;
  const int second = 2;
  queue.emplace(first);
  sleeper producer([&] { queue.emplace(second); });
  EXPECT_EQ(queue.pop().value().to, &first);
  EXPECT_EQ(queue.pop().value().to, &second);
}

// A pop or push after which another could proceed wakes the next waiter.
TEST(bounded_queue_waiting, one_batch_wakes_as_many_waiters_as_it_has_work_for) {
  constexpr int count = 5;
  bounded_queue<int> queue(count);
  std::atomic<int> sum = 0;
  {
    std::deque<sleeper> consumers;
    for (int i = 0; i != count; ++i) consumers.emplace_back([&] { sum += queue.pop().value_or(-1000); });
    const std::array batch{1, 2, 3, 4, 5};
    EXPECT_EQ(queue.push_n(batch.begin(), batch.size()), batch.size());
  }
  EXPECT_EQ(sum, 15);

  for (int i = 0; i != count; ++i) queue.push(0);
  {
    std::deque<sleeper> producers;
    for (int i = 0; i != count; ++i) producers.emplace_back([&] { sum += queue.push(1) ? 1 : -1000; });
    std::array<int, count> out{};
    EXPECT_EQ(queue.pop_n(out.begin(), out.size()), out.size());
  }
  EXPECT_EQ(sum, 20);
}

TEST(bounded_queue_waiting, close_wakes_every_blocked_push_and_pop) {
  for (const bool discard : {false, true}) {
    bounded_queue<int> empty(1);
    bounded_queue<int> filled(1);
    filled.push(1);
    std::atomic<int> popped_nothing = 0;
    std::atomic<int> not_pushed = 0;
    {
      std::deque<sleeper> waiting;
      for (int i = 0; i != 3; ++i) {
        waiting.emplace_back([&] { popped_nothing += empty.pop() == std::nullopt; });
        waiting.emplace_back([&] { not_pushed += !filled.push(2); });
        waiting.emplace_back([&] {
          const auto item = empty.try_pop_for(long_enough);
          popped_nothing += item == std::unexpected(closed);
        });
        waiting.emplace_back([&] { not_pushed += filled.try_push_for(2, long_enough) == closed; });
      }
      for (const sleeper& each : waiting) EXPECT_FALSE(each.has_returned());
      discard ? static_cast<void>(empty.close_and_discard()) : empty.close();
      discard ? static_cast<void>(filled.close_and_discard()) : filled.close();
    }
    EXPECT_EQ(popped_nothing, 6);
    EXPECT_EQ(not_pushed, 6);
    EXPECT_EQ(filled.size(), discard ? 0U : 1U);
  }
}

TEST(bounded_queue_waiting, a_deadline_that_has_passed_leaves_one_try) {
  bounded_queue<int> queue(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto before = steady_clock::now();
  EXPECT_EQ(queue.try_pop_for(0s), nothing);
  EXPECT_EQ(queue.try_pop_for(-1h), nothing);
  EXPECT_EQ(queue.try_pop_for(std::chrono::nanoseconds::min()), nothing);
  EXPECT_EQ(queue.try_pop_for(std::chrono::duration<double>(nan)), nothing);
  EXPECT_EQ(queue.try_pop_until(steady_clock::now() - 1s), nothing);
  EXPECT_EQ(queue.try_pop_until(system_clock::now() - 1s), nothing);
  EXPECT_EQ(queue.try_pop_until(steady_clock::time_point::min()), nothing);
  EXPECT_EQ(queue.try_pop_until(system_clock::time_point::min()), nothing);
  EXPECT_LT(steady_clock::now() - before, long_enough);

  EXPECT_EQ(queue.try_push_for(1, -1h), success);
  EXPECT_EQ(queue.try_push_for(2, std::chrono::duration<double>(nan)), full);
  EXPECT_EQ(queue.try_push_until(2, system_clock::time_point::min()), full);
  EXPECT_EQ(queue.try_pop_for(std::chrono::duration<double>(nan)), 1);
  EXPECT_EQ(queue.try_push_until(3, steady_clock::now() - 1s), success);
  EXPECT_EQ(queue.try_pop_until(system_clock::now() - 1h), 3);
}

TEST(bounded_queue_waiting, no_timed_wait_ends_before_its_deadline) {
  bounded_queue<int> queue(1);
  const auto took = [](auto wait) {
    const auto before = steady_clock::now();
    wait();
    return steady_clock::now() - before;
  };
  EXPECT_GE(took([&] { EXPECT_EQ(queue.try_pop_for(5ms), nothing); }), 5ms);
  EXPECT_GE(took([&] { EXPECT_EQ(queue.try_pop_for(std::chrono::duration<float>(0.005F)), nothing); }), 4999us);
  EXPECT_GE(took([&] { EXPECT_EQ(queue.try_pop_until(steady_clock::now() + 5ms), nothing); }), 5ms);
  EXPECT_GE(took([&] { EXPECT_EQ(queue.try_pop_until(system_clock::now() + 5ms), nothing); }), 4ms);
  queue.push(1);
  EXPECT_GE(took([&] { EXPECT_EQ(queue.try_push_for(2, 5ms), full); }), 5ms);
  EXPECT_GE(took([&] { EXPECT_EQ(queue.try_push_until(2, steady_clock::now() + 5ms), full); }), 5ms);
}

TEST(bounded_queue_waiting, the_longest_durations_and_latest_times_wait_like_untimed_calls) {
  bounded_queue<int> queue(1);
  const auto comes_after_a_wait = [&](std::function<std::expected<int, conqueue_status>()> pop) {
    std::expected<int, conqueue_status> item = nothing;
    sleeper consumer([&] { item = pop(); });
    EXPECT_FALSE(consumer.has_returned());
    queue.push(1);
    consumer.join();
    EXPECT_EQ(item, 1);
  };
  comes_after_a_wait([&] { return queue.try_pop_for(std::chrono::nanoseconds::max()); });
  comes_after_a_wait([&] { return queue.try_pop_for(std::chrono::hours::max()); });
  comes_after_a_wait([&] {
    return queue.try_pop_for(std::chrono::duration<double>(std::numeric_limits<double>::infinity()));
  });
  comes_after_a_wait([&] { return queue.try_pop_until(steady_clock::time_point::max()); });
  comes_after_a_wait([&] { return queue.try_pop_until(system_clock::time_point::max()); });
}

TEST(bounded_queue_waiting, a_timed_wait_ends_as_soon_as_it_can_be_done) {
  bounded_queue<int> queue(1);
  std::expected<int, conqueue_status> item = nothing;
  sleeper consumer([&] { item = queue.try_pop_for(1h); });
  queue.push(5);
  consumer.join();
  EXPECT_EQ(item, 5);

  queue.push(6);
  conqueue_status pushed = full;
  sleeper producer([&] { pushed = queue.try_push_until(7, system_clock::now() + 1h); });
  (void)queue.pop();
  producer.join();
  EXPECT_EQ(pushed, success);
}

// An item that is there is popped even if a stop was requested: a stop only ends waits.
TEST(bounded_queue_waiting, a_stop_requested_before_the_call_ends_the_wait_but_not_the_first_try) {
  bounded_queue<int> queue(1);
  std::stop_source source;
  source.request_stop();
  const std::stop_token stop = source.get_token();
  EXPECT_EQ(queue.pop(stop), std::nullopt);
  EXPECT_EQ(queue.try_pop_for(1h, stop).error(), conqueue_status::stopped);
  EXPECT_EQ(queue.try_pop_until(steady_clock::now() + 1h, stop).error(), conqueue_status::stopped);
  EXPECT_TRUE(queue.push(1, stop));
  EXPECT_FALSE(queue.push(2, stop));
  EXPECT_EQ(queue.try_push_for(2, 1h, stop), conqueue_status::stopped);
  EXPECT_EQ(queue.try_push_until(2, steady_clock::now() + 1h, stop), conqueue_status::stopped);
  EXPECT_FALSE(queue.join(stop));
  EXPECT_FALSE(queue.try_join_for(1h, stop));
  EXPECT_EQ(queue.pop(stop), 1);
}

TEST(bounded_queue_waiting, a_stop_requested_by_another_thread_ends_every_kind_of_wait) {
  bounded_queue<int> empty(1);
  bounded_queue<int> filled(1);
  filled.push(1);
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  std::atomic<int> ended = 0;
  {
    std::deque<sleeper> waiting;
    waiting.emplace_back([&] { ended += empty.pop(stop) == std::nullopt; });
    waiting.emplace_back(
        [&] { ended += empty.try_pop_for(1h, stop) == std::unexpected(conqueue_status::stopped); });
    waiting.emplace_back([&] {
      ended += empty.try_pop_until(system_clock::now() + 1h, stop) == std::unexpected(conqueue_status::stopped);
    });
    waiting.emplace_back([&] { ended += !filled.push(2, stop); });
    waiting.emplace_back([&] { ended += filled.try_push_for(2, 1h, stop) == conqueue_status::stopped; });
    waiting.emplace_back(
        [&] { ended += filled.try_push_until(2, system_clock::now() + 1h, stop) == conqueue_status::stopped; });
    waiting.emplace_back([&] { ended += !filled.join(stop); });
    waiting.emplace_back([&] { ended += !filled.try_join_for(1h, stop); });
    for (const sleeper& each : waiting) EXPECT_FALSE(each.has_returned());
    source.request_stop();
  }
  EXPECT_EQ(ended, 8);
  EXPECT_FALSE(empty.is_closed());
  EXPECT_EQ(filled.try_pop(), 1);
  EXPECT_EQ(filled.try_pop(), nothing);
}

TEST(bounded_queue_waiting, an_item_that_arrives_together_with_the_stop_is_not_lost) {
  for (int round = 0; round != 200; ++round) {
    bounded_queue<int> queue(1);
    std::optional<int> item;
    std::jthread consumer([&](const std::stop_token& stop) { item = queue.pop(stop); });
    std::jthread producer([&] { queue.push(round); });
    consumer.request_stop();
    consumer.join();
    producer.join();
    if (!item) item = queue.pop();
    ASSERT_EQ(item, round);
  }
}

TEST(bounded_queue_waiting, join_waits_until_every_item_is_marked_done) {
  bounded_queue<int> queue(2);
  queue.join();  // nothing was put
  queue.push(1);
  queue.push(2);
  sleeper joiner([&] { queue.join(); });
  sleeper patient([&] { EXPECT_TRUE(queue.try_join_for(1h)); });
  (void)queue.pop();
  (void)queue.pop();
  queue.task_done();
  EXPECT_FALSE(queue.try_join_for(1ms));
  EXPECT_FALSE(queue.try_join_until(steady_clock::now() + 1ms));
  EXPECT_FALSE(joiner.has_returned());
  queue.task_done();
  joiner.join();
  patient.join();
  EXPECT_TRUE(queue.try_join_until(system_clock::now()));
}

TEST(bounded_queue_waiting, join_waits_for_items_that_are_put_meanwhile) {
  bounded_queue<int> queue(2);
  queue.push(1);
  sleeper joiner([&] { queue.join(); });
  (void)queue.pop();
  queue.push(2);
  queue.task_done();
  EXPECT_FALSE(queue.try_join_for(1ms));
  EXPECT_FALSE(joiner.has_returned());
  (void)queue.pop();
  queue.task_done();
  joiner.join();
}

TEST(bounded_queue_waiting, close_and_discard_wakes_join) {
  bounded_queue<int> queue(2);
  queue.push(1);
  queue.push(2);
  sleeper joiner([&] { queue.join(); });
  EXPECT_EQ(queue.close_and_discard(), 2U);
  joiner.join();
}

// An element may refer to its constructor's argument, even if the push had to wait for room.
TEST(bounded_queue_waiting, an_argument_is_passed_on_as_it_is_after_a_wait) {
  bounded_queue<std::reference_wrapper<const int>> references(1);
  const int first = 1;
  const int second = 2;
  references.push(first);
  sleeper producer([&] { references.emplace(second); });
  EXPECT_EQ(&references.pop()->get(), &first);
  producer.join();
  EXPECT_EQ(&references.pop()->get(), &second);

  bounded_queue<std::string_view> views(1);
  EXPECT_TRUE(views.emplace("abc"));
  EXPECT_EQ(views.try_push_for("def", 1ms), full);
  EXPECT_EQ(views.pop(), "abc");
}

TEST(bounded_queue_waiting, who_waits_uses_no_processor) {
  bounded_queue<int> empty(1);
  bounded_queue<int> filled(1);
  filled.push(1);
  std::deque<sleeper> waiting;
  waiting.emplace_back([&] { (void)empty.pop(); });
  waiting.emplace_back([&] { filled.push(2); });
  waiting.emplace_back([&] { static_cast<void>(empty.try_pop_for(1h)); });
  waiting.emplace_back([&] { (void)filled.join(std::stop_token()); });
  for (sleeper& each : waiting) EXPECT_TRUE(each.comes_to_rest());
  empty.close();
  filled.close_and_discard();
}

TEST(bounded_queue_waiting, a_queue_that_nobody_waits_at_makes_no_system_call) {
  bounded_queue<int> queue(4);
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
