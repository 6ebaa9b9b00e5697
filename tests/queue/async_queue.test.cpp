// SPDX-License-Identifier: MIT
// The contract of async_queue.hpp: a test for each of its promises, for every kind of queue.
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
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

#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>
#include <plait/priority_queue.hpp>

#include "support/coroutines.hpp"
#include "support/queue_kinds.hpp"
#include "support/threads.hpp"
#include "support/watchdog.hpp"

namespace {

using coroutines::by_hand;
using coroutines::task;
using plait::async_queue;
using plait::async_timers;
using plait::bounded_queue;
using plait::conqueue_status;
using threads::sleeper;
using namespace std::chrono_literals;

static_assert(plait::coroutine_executor<by_hand>);
static_assert(!plait::coroutine_executor<int>);

// Coroutines that keep what they were told. References in them outlive them.
template <class Queue, class Executor>
task pop_one(async_queue<Queue, Executor> queue, std::optional<typename Queue::value_type>& item,
             std::stop_token stop = {}) {
  item = co_await queue.async_pop(std::move(stop));
}
template <class Queue, class Executor>
task pop_all(async_queue<Queue, Executor> queue, std::vector<typename Queue::value_type>& items) {
  while (auto item = co_await queue.async_pop()) items.push_back(*std::move(item));
}
template <class Queue, class Executor>
task push_one(async_queue<Queue, Executor> queue, typename Queue::value_type& value, bool& is_in,
              std::stop_token stop = {}) {
  is_in = co_await queue.async_push(std::move(value), std::move(stop));
}
template <class Queue, class Executor, class Wait>
task pop_within(async_queue<Queue, Executor> queue, Wait wait, async_timers& timers,
                std::expected<typename Queue::value_type, conqueue_status>& answer, std::stop_token stop = {}) {
  answer = co_await queue.async_pop_for(wait, timers, std::move(stop));
}
template <class Queue, class Executor, class Wait>
task push_within(async_queue<Queue, Executor> queue, typename Queue::value_type& value, Wait wait,
                 async_timers& timers, conqueue_status& answer) {
  answer = co_await queue.async_push_for(std::move(value), wait, timers);
}

using unique_int = std::unique_ptr<int>;

template <class Kind>
class async_queue_contract : public testing::Test {
 protected:
  template <class T = int>
  static auto make(std::size_t capacity) {
    return queue_kinds::make<Kind, T>(capacity);
  }
  by_hand executor_;
  async_timers timers_;

 private:
  watchdog limit_{"a test of async_queue"};
};

TYPED_TEST_SUITE(async_queue_contract, queue_kinds::all, queue_kinds::name_of);

TYPED_TEST(async_queue_contract, what_need_not_wait_does_not_suspend) {
  auto queue = TestFixture::make(2);
  async_queue async(queue, this->executor_);
  int value = 7;
  bool is_in = false;
  const task pusher = push_one(async, value, is_in);
  EXPECT_TRUE(pusher.has_returned() && is_in);
  std::optional<int> item;
  const task popper = pop_one(async, item);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, 7);
}

TYPED_TEST(async_queue_contract, a_pop_waits_for_an_item_and_is_resumed_by_the_executor) {
  auto queue = TestFixture::make(2);
  std::optional<int> item;
  const task popper = pop_one(async_queue(queue, this->executor_), item);
  EXPECT_FALSE(popper.has_returned());
  queue.push(3);
  EXPECT_FALSE(popper.has_returned());
  EXPECT_TRUE(queue.empty());  // it is the coroutine's already
  EXPECT_EQ(this->executor_.resume_all(), 1u);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, 3);
}

TYPED_TEST(async_queue_contract, a_push_waits_for_room) {
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    auto queue = TestFixture::make(1);
    queue.push(1);
    int value = 2;
    bool is_in = false;
    const task pusher = push_one(async_queue(queue, this->executor_), value, is_in);
    EXPECT_FALSE(pusher.has_returned());
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_EQ(this->executor_.resume_all(), 1u);
    EXPECT_TRUE(pusher.has_returned() && is_in);
    EXPECT_EQ(queue.pop(), 2);
  }
}

TYPED_TEST(async_queue_contract, closing_resumes_all_who_wait) {
  auto queue = TestFixture::make(1);
  std::optional<int> item = 0;
  const task popper = pop_one(async_queue(queue, this->executor_), item);
  queue.close();
  EXPECT_EQ(this->executor_.resume_all(), 1u);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, std::nullopt);
}

TYPED_TEST(async_queue_contract, a_value_that_is_refused_is_untouched) {
  auto queue = TestFixture::template make<std::string>(1);
  queue.push("first");
  std::string value = "a text that is too long to stay in place";
  bool is_in = true;
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    const task pusher = push_one(async_queue(queue, this->executor_), value, is_in);
    queue.close();
    EXPECT_EQ(this->executor_.resume_all(), 1u);
    EXPECT_TRUE(pusher.has_returned());
  } else {
    queue.close();
    const task pusher = push_one(async_queue(queue, this->executor_), value, is_in);
    EXPECT_TRUE(pusher.has_returned());
  }
  EXPECT_FALSE(is_in);
  EXPECT_EQ(value, "a text that is too long to stay in place");
}

TYPED_TEST(async_queue_contract, a_stop_request_ends_a_wait_and_loses_no_item) {
  auto queue = TestFixture::make(1);
  std::stop_source source;
  std::optional<int> item = 0;
  const task popper = pop_one(async_queue(queue, this->executor_), item, source.get_token());
  source.request_stop();
  EXPECT_EQ(this->executor_.resume_all(), 1u);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, std::nullopt);
  queue.push(5);
  EXPECT_EQ(this->executor_.resume_all(), 0u);
  EXPECT_EQ(queue.try_pop(), 5);
}

TYPED_TEST(async_queue_contract, an_item_that_was_taken_before_a_stop_request_arrives) {
  auto queue = TestFixture::make(1);
  std::stop_source source;
  std::optional<int> item;
  const task popper = pop_one(async_queue(queue, this->executor_), item, source.get_token());
  queue.push(5);
  source.request_stop();
  EXPECT_EQ(this->executor_.resume_all(), 1u);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, 5);
}

TYPED_TEST(async_queue_contract, a_stop_requested_before_ends_a_wait_and_not_what_need_not_wait) {
  auto queue = TestFixture::make(1);
  std::stop_source source;
  source.request_stop();
  std::optional<int> item = 0;
  const task one = pop_one(async_queue(queue, this->executor_), item, source.get_token());
  EXPECT_TRUE(one.has_returned());
  EXPECT_EQ(item, std::nullopt);
  queue.push(5);
  const task other = pop_one(async_queue(queue, this->executor_), item, source.get_token());
  EXPECT_TRUE(other.has_returned());
  EXPECT_EQ(item, 5);
}

TYPED_TEST(async_queue_contract, a_deadline_ends_a_wait) {
  auto queue = TestFixture::make(1);
  std::expected<int, conqueue_status> item = 0;
  constexpr auto time = 100ms;  // it must not have passed before the coroutine waits, on a busy machine either
  const auto began = std::chrono::steady_clock::now();
  const task popper = pop_within(async_queue(queue, this->executor_), time, this->timers_, item);
  EXPECT_FALSE(popper.has_returned());
  while (this->timers_.expire()) std::this_thread::sleep_for(1ms);
  EXPECT_GE(std::chrono::steady_clock::now() - began, time);
  EXPECT_EQ(this->executor_.resume_all(), 1u);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, std::unexpected(conqueue_status::empty));
  queue.push(5);
  if constexpr (queue_kinds::is_bounded<TypeParam>) {
    int value = 6;
    conqueue_status answer{};
    const task pusher = push_within(async_queue(queue, this->executor_), value, time, this->timers_, answer);
    while (this->timers_.expire()) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(this->executor_.resume_all(), 1u);
    EXPECT_EQ(answer, conqueue_status::full);
  }
  EXPECT_EQ(queue.try_pop(), 5);
}

TYPED_TEST(async_queue_contract, an_item_in_time_leaves_no_timer_behind) {
  auto queue = TestFixture::make(1);
  std::expected<int, conqueue_status> item = 0;
  const task popper = pop_within(async_queue(queue, this->executor_), 1h, this->timers_, item);
  EXPECT_TRUE(this->timers_.expire().has_value());
  queue.push(4);
  this->executor_.resume_all();
  EXPECT_EQ(item, 4);
  EXPECT_FALSE(this->timers_.expire().has_value());
}

TYPED_TEST(async_queue_contract, a_deadline_that_has_passed_ends_a_wait_at_once) {
  auto queue = TestFixture::make(1);
  std::expected<int, conqueue_status> item = 0;
  const task popper = pop_within(async_queue(queue, this->executor_), -1s, this->timers_, item);
  EXPECT_TRUE(popper.has_returned());
  EXPECT_EQ(item, std::unexpected(conqueue_status::empty));
}

TYPED_TEST(async_queue_contract, says_closed_and_stopped) {
  auto queue = TestFixture::make(1);
  std::stop_source source;
  std::expected<int, conqueue_status> item = 0;
  const task stopped =
      pop_within(async_queue(queue, this->executor_), 1h, this->timers_, item, source.get_token());
  source.request_stop();
  this->executor_.resume_all();
  EXPECT_EQ(item, std::unexpected(conqueue_status::stopped));
  const task closed = pop_within(async_queue(queue, this->executor_), 1h, this->timers_, item);
  queue.close();
  this->executor_.resume_all();
  EXPECT_EQ(item, std::unexpected(conqueue_status::closed));
}

TYPED_TEST(async_queue_contract, moves_what_can_only_be_moved) {
  auto queue = TestFixture::template make<unique_int>(1);
  async_queue async(queue, this->executor_);
  std::optional<unique_int> item;
  const task popper = pop_one(async, item);
  unique_int value = std::make_unique<int>(8);
  bool is_in = false;
  const task pusher = push_one(async, value, is_in);
  this->executor_.resume_all();
  EXPECT_TRUE(is_in);
  ASSERT_TRUE(item && *item);
  EXPECT_EQ(**item, 8);
}

TYPED_TEST(async_queue_contract, a_coroutine_destroyed_while_it_waits_leaves) {
  auto queue = TestFixture::make(2);
  std::optional<int> item;
  std::stop_source source;
  {
    const task gone = pop_one(async_queue(queue, this->executor_), item, source.get_token());
    std::expected<int, conqueue_status> timed = 0;
    const task other = pop_within(async_queue(queue, this->executor_), 1h, this->timers_, timed);
  }
  source.request_stop();
  EXPECT_FALSE(this->timers_.expire().has_value());
  queue.push(6);
  EXPECT_EQ(this->executor_.resume_all(), 0u);
  EXPECT_EQ(queue.try_pop(), 6);
}

TYPED_TEST(async_queue_contract, a_thread_that_waits_beside_it_is_woken) {
  if constexpr (!std::same_as<TypeParam, queue_kinds::spsc>) {  // which has one consumer
    auto queue = TestFixture::make(2);
    std::optional<int> item;
    std::optional<int> own;
    const task popper = pop_one(async_queue(queue, this->executor_), item);
    {
      const sleeper consumer([&] { own = queue.pop(); });
      queue.push(1);
      queue.push(2);
    }
    EXPECT_EQ(this->executor_.resume_all(), 1u);
    EXPECT_EQ(item.value_or(0) + own.value_or(0), 3);
  }
}

// Everything through a chain of three coroutines, the first and last of which talk to threads.
TYPED_TEST(async_queue_contract, loses_nothing_between_threads_and_coroutines) {
  constexpr int count = 1000;
  auto in = TestFixture::make(3);
  auto out = TestFixture::make(2);
  std::int64_t sum = 0;
  {
    coroutines::thread_pool pool(1);
    const auto pass_on = [](auto from, auto to) -> task {
      while (auto item = co_await from.async_pop()) co_await to.async_push(*item);
    };
    const task middle = pass_on(async_queue(in, pool), async_queue(out, pool));
    std::jthread producer([&] {
      for (int i = 1; i <= count; ++i) in.push(i);
    });
    for (int i = 0; i != count; ++i) sum += out.pop().value_or(0);
    in.close();
    while (!middle.has_returned()) std::this_thread::yield();
  }
  EXPECT_EQ(sum, std::int64_t{count} * (count + 1) / 2);
}

TEST(async_queue, those_who_have_waited_longest_are_first) {
  bounded_queue<int> queue(4);
  by_hand executor;
  std::optional<int> first;
  std::optional<int> second;
  const task one = pop_one(async_queue(queue, executor), first);
  const task two = pop_one(async_queue(queue, executor), second);
  queue.push(1);
  queue.push(2);
  executor.resume_all();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

// A coroutine for which nobody waits: its frame goes when it returns, and nothing of it can be used then.
struct forgotten {
  struct promise_type {
    forgotten get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }

    // Not inline, as g++ would take the two for a pair that does not match.
    [[gnu::noinline]] static void* operator new(std::size_t size) { return ::operator new(size); }
    static void operator delete(void* frame, std::size_t size) {
      volatile char* const bytes = static_cast<char*>(frame);
      for (std::size_t i = 0; i != size; ++i) bytes[i] = 0;
      ::operator delete(frame, size);
    }
  };
};

TEST(async_queue, nothing_of_a_coroutine_is_used_once_it_is_resumed) {
  bounded_queue<int> queue(1);
  std::vector<int> items;
  const auto pop = [&]() -> forgotten { items.push_back(co_await async_queue(queue).async_pop() ? 1 : 0); };
  const auto push = [&]() -> forgotten { items.push_back(co_await async_queue(queue).async_push(1) ? 2 : 0); };
  pop(), pop();
  queue.push(1), queue.push(1);
  queue.push(1), push();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(items, (std::vector{1, 1, 2}));
}

TEST(async_queue, without_an_executor_it_resumes_at_once) {
  bounded_queue<int> queue(1);
  std::vector<int> items;
  const task popper = pop_all(async_queue(queue), items);
  for (int i = 0; i != 3; ++i) queue.push(i);
  EXPECT_EQ(items, (std::vector{0, 1, 2}));
  queue.close();
  EXPECT_TRUE(popper.has_returned());
}

TEST(async_queue, the_next_deadline_is_the_soonest_of_those_who_wait) {
  bounded_queue<int> queue(1);
  by_hand executor;
  async_timers timers;
  std::expected<int, conqueue_status> unused = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto wait = [&](std::chrono::hours time) {
    return pop_within(async_queue(queue, executor), time, timers, unused);
  };
  task third = wait(3h);
  task first = wait(1h);
  task second = wait(2h);
  for (task* each : {&first, &second, &third}) {
    const auto next = timers.expire();
    ASSERT_TRUE(next.has_value());
    const std::chrono::hours time = each == &first ? 1h : each == &second ? 2h : 3h;
    EXPECT_GE(*next, start + time);
    EXPECT_LT(*next, start + time + 30min);
    each->destroy();
  }
  EXPECT_FALSE(timers.expire().has_value());
}

TEST(async_queue, a_thread_runs_the_timers) {
  const watchdog limit("timers");
  bounded_queue<int> queue(1);
  async_timers timers;
  std::jthread clock([&](const std::stop_token& stop) { timers.run(stop); });
  std::expected<int, conqueue_status> late = 0;
  std::expected<int, conqueue_status> early = 0;
  std::atomic<int> ended = 0;
  const auto wait = [&](std::chrono::milliseconds time, auto& answer) -> task {
    answer = co_await async_queue(queue).async_pop_for(time, timers);
    ++ended;
  };
  {
    const task one = wait(60ms, late);
    const task other = wait(20ms, early);  // comes first, although it was added last
    while (ended != 2) std::this_thread::yield();
    clock.request_stop();
    clock.join();
  }
  EXPECT_EQ(late, std::unexpected(conqueue_status::empty));
  EXPECT_EQ(early, std::unexpected(conqueue_status::empty));
}

struct throws_when_compared {
  int value;
  bool operator<(const throws_when_compared& other) const {
    if (value == 13 || other.value == 13) throw std::runtime_error("13");
    return value < other.value;
  }
};

TEST(async_queue, what_a_comparison_throws_comes_out_of_co_await_and_the_wake_is_handed_on) {
  plait::priority_queue<throws_when_compared> queue(2);
  by_hand executor;
  queue.push({1});
  queue.push({5});
  throws_when_compared bad{13};
  throws_when_compared good{2};
  bool is_in = false;
  const task throwing = push_one(async_queue(queue, executor), bad, is_in);
  const task waiting = push_one(async_queue(queue, executor), good, is_in);
  EXPECT_EQ(queue.pop()->value, 1);
  EXPECT_EQ(executor.resume_all(), 2u);
  EXPECT_THROW(throwing.rethrow(), std::runtime_error);
  EXPECT_TRUE(is_in);
  EXPECT_EQ(queue.pop()->value, 2);
  EXPECT_EQ(queue.pop()->value, 5);
}

#if !defined(NDEBUG)
TEST(async_queue_death, a_queue_is_destroyed_while_a_coroutine_waits) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a program of its own: a child of fork() may do it
  by_hand executor;
  std::optional<int> item;
  auto queue = std::make_unique<bounded_queue<int>>(1);
  const task popper = pop_one(async_queue(*queue, executor), item);
  EXPECT_DEATH(queue.reset(), "a queue is destroyed while a coroutine or a readiness_fd waits");
  queue->close();
  executor.resume_all();
}

TEST(async_queue_death, a_coroutine_is_destroyed_while_it_is_being_resumed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  by_hand executor;
  std::optional<int> item;
  bounded_queue<int> queue(1);
  task popper = pop_one(async_queue(queue, executor), item);
  queue.push(1);
  EXPECT_DEATH(popper.destroy(), "a coroutine is destroyed while it is being resumed");
  executor.resume_all();
}
#endif

}  // namespace
