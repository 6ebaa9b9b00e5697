// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <stop_token>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/detail/wait/event_count.hpp>

#include "support/threads.hpp"

namespace {

using plait::detail::attempt;
using plait::detail::deadline;
using plait::detail::event_count;
using plait::detail::wait_limits;
using threads::sleeper;
using namespace std::chrono_literals;

// The simplest condition to wait for: units that are added and taken one by one.
class units {
 public:
  void add(int count) { left_ += count; }
  int left() const { return left_; }

  auto take_one() {
    return [this] {
      for (int left = left_; left > 0;)
        if (left_.compare_exchange_weak(left, left - 1)) return attempt::done;
      return attempt::blocked;
    };
  }

 private:
  std::atomic<int> left_ = 0;
};

TEST(event_count, what_can_be_done_at_once_is_done_without_sleeping) {
  event_count event;
  units work;
  work.add(1);
  const auto before = plait::detail::sync::futex_calls();
  EXPECT_TRUE(event.wait(work.take_one(), {}));
  EXPECT_EQ(work.left(), 0);
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
}

TEST(event_count, in_a_child_of_fork_nobody_waits_any_more) {
  event_count event;
  units work;
  sleeper waiting([&] { event.wait(work.take_one(), {}); });
  const pid_t child = fork();
  if (child == 0) {
    event.reset_after_fork();
    const auto before = plait::detail::sync::futex_calls();
    event.notify_one();
    _exit(plait::detail::sync::futex_calls() == before ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  work.add(1);
  event.notify_one();
}

TEST(event_count, notifying_nobody_makes_no_system_call) {
  event_count event;
  const auto before = plait::detail::sync::futex_calls();
  for (int i = 0; i != 1000; ++i) {
    event.notify_one();
    event.notify_all();
  }
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
}

TEST(event_count, notify_one_wakes_a_waiter) {
  event_count event;
  units work;
  bool done = false;
  sleeper waiter([&] { done = event.wait(work.take_one(), {}); });
  EXPECT_FALSE(waiter.has_returned());
  work.add(1);
  event.notify_one();
  waiter.join();
  EXPECT_TRUE(done);
}

TEST(event_count, a_wake_that_finds_nothing_to_do_sleeps_again) {
  event_count event;
  units work;
  std::atomic<int> looks = 0;
  sleeper waiter([&] {
    event.wait(
        [&] {
          ++looks;
          return work.take_one()();
        },
        {});
  });
  const int before = looks;
  event.notify_one();
  while (looks == before) std::this_thread::yield();
  EXPECT_FALSE(waiter.has_returned());
  work.add(1);
  event.notify_one();
  waiter.join();
}

TEST(event_count, notify_all_wakes_every_waiter) {
  event_count event;
  units work;
  {
    std::deque<sleeper> waiters;
    for (int i = 0; i != 5; ++i) waiters.emplace_back([&] { event.wait(work.take_one(), {}); });
    work.add(5);
    event.notify_all();
  }
  EXPECT_EQ(work.left(), 0);
}

// While a wake is in flight further notifications do nothing, so a woken thread that sees more units notifies
// the next.
TEST(event_count, notifications_during_a_wake_make_no_system_call_and_are_handed_on) {
  event_count event;
  units work;
  {
    std::deque<sleeper> waiters;
    for (int i = 0; i != 4; ++i)
      waiters.emplace_back([&] {
        event.wait(work.take_one(), {});
        if (work.left() != 0) event.notify_one();
      });
    const auto before = plait::detail::sync::futex_calls();
    work.add(4);
    for (int i = 0; i != 1000; ++i) event.notify_one();
    while (work.left() != 0) std::this_thread::yield();
    // A wake for each waiter and a sleep for each that came too early; far fewer than notifications.
    EXPECT_LT(plait::detail::sync::futex_calls() - before, 100U);
  }
  EXPECT_EQ(work.left(), 0);
}

TEST(event_count, a_deadline_ends_the_wait_and_not_before) {
  event_count event;
  units work;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(event.wait(work.take_one(), {deadline::after(5ms)}));
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
}

TEST(event_count, the_last_look_comes_after_the_deadline) {
  event_count event;
  int looks = 0;
  EXPECT_TRUE(
      event.wait([&] { return ++looks == 2 ? attempt::done : attempt::blocked; }, {deadline::after(0s)}));
  EXPECT_EQ(looks, 2);
  EXPECT_FALSE(event.wait([] { return attempt::blocked; }, {deadline::after(-1s)}));
}

TEST(event_count, a_stop_before_the_wait_ends_it) {
  event_count event;
  std::jthread stopped([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
    EXPECT_FALSE(event.wait([] { return attempt::blocked; }, {deadline::never(), &stop}));
  });
  stopped.request_stop();
}

TEST(event_count, a_stop_during_the_wait_ends_it_and_no_other) {
  event_count event;
  units work;
  std::jthread parent([&](const std::stop_token& stop) {
    sleeper stopped([&] { EXPECT_FALSE(event.wait(work.take_one(), {deadline::never(), &stop})); });
    stopped.join();
  });
  sleeper other([&] { EXPECT_TRUE(event.wait(work.take_one(), {})); });
  parent.request_stop();
  parent.join();
  EXPECT_FALSE(other.has_returned());
  work.add(1);
  event.notify_one();
  other.join();
}

// A thread that finds another one in the middle of an operation may not be woken, and looks again by itself.
TEST(event_count, a_contended_wait_needs_no_notification) {
  event_count event;
  std::atomic<bool> finished = false;
  sleeper waiter(
      [&] { EXPECT_TRUE(event.wait([&] { return finished ? attempt::done : attempt::contended; }, {})); });
  finished = true;
  waiter.join();
}

TEST(event_count, after_waiters_have_given_up_notifications_cost_nothing_again) {
  event_count event;
  units work;
  {
    std::deque<sleeper> waiters;
    for (int i = 0; i != 3; ++i)
      waiters.emplace_back([&] { EXPECT_FALSE(event.wait(work.take_one(), {deadline::after(2ms)})); });
    for (int i = 0; i != 100; ++i) event.notify_one();
  }
  const auto before = plait::detail::sync::futex_calls();
  event.notify_one();
  event.notify_all();
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
}

// No waiter looks again without being woken, so a lost wake-up would hang the test. The epoch wraps on the way.
TEST(event_count, no_wake_is_lost_between_many_waiters_and_notifiers) {
  event_count event(std::numeric_limits<std::uint32_t>::max() - 10);
  units work;
  constexpr int takers = 4;
  constexpr int each = 2000;
  {
    std::deque<std::jthread> threads;
    for (int i = 0; i != takers; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n != each; ++n) {
          event.wait(work.take_one(), {});
          if (work.left() != 0) event.notify_one();
        }
      });
    for (int i = 0; i != 2; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n != takers * each / 2; ++n) {
          work.add(1);
          event.notify_one();
          if (n % 16 == 0) std::this_thread::yield();
        }
      });
  }
  EXPECT_EQ(work.left(), 0);
}

}  // namespace
