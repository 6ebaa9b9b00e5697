// SPDX-License-Identifier: MIT
// What recursive_mutex promises beyond mutex; the rest is in mutex.test.cpp, for both.
#include <chrono>
#include <mutex>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include <plait/recursive_mutex.hpp>

#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::recursive_mutex;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constinit recursive_mutex global;

TEST(recursive_mutex, has_24_bytes) {
  EXPECT_EQ(sizeof(recursive_mutex), 24u);
  const std::lock_guard hold(global);
}

TEST(recursive_mutex, its_holder_takes_it_again_and_lets_others_in_after_as_many_unlocks) {
  recursive_mutex lock;
  std::stop_source stop;
  const auto is_free = [&] {
    bool answer = false;
    std::jthread([&] {
      answer = lock.try_lock();
      if (answer) lock.unlock();
    }).join();
    return answer;
  };
  lock.lock();
  lock.lock();
  EXPECT_TRUE(lock.try_lock());
  EXPECT_TRUE(lock.try_lock_for(1ms));
  EXPECT_TRUE(lock.try_lock_until(clock::now()));
  EXPECT_TRUE(lock.lock(stop.get_token()));
  for (int left = 6; left != 0; --left) {
    EXPECT_TRUE(lock.held_by_me());
    EXPECT_FALSE(is_free());
    lock.unlock();
  }
  EXPECT_FALSE(lock.held_by_me());
  EXPECT_TRUE(is_free());
}

TEST(recursive_mutex, is_held_by_the_thread_that_has_locked_it_alone) {
  recursive_mutex lock;
  const std::lock_guard hold(lock);
  bool by_other = true;
  std::jthread([&] { by_other = lock.held_by_me(); }).join();
  EXPECT_FALSE(by_other);
  EXPECT_TRUE(lock.held_by_me());
}

TEST(recursive_mutex, taking_it_again_makes_no_system_call_while_others_wait) {
  recursive_mutex lock;
  lock.lock();
  threads::sleeper waiter([&] { lock.lock(), lock.unlock(); });
  ASSERT_TRUE(waiter.comes_to_rest());  // it makes none either
  const auto calls = plait::detail::sync::futex_calls();
  lock.lock();
  lock.unlock();
  EXPECT_EQ(plait::detail::sync::futex_calls(), calls);
  lock.unlock();
}

TEST(recursive_mutex_death, assertions_notice_an_unlock_by_another_thread) {
  if (!plait::detail::sync::has_assertions) return;
  recursive_mutex lock;
  EXPECT_DEATH(lock.unlock(), "does not hold it");
}

}  // namespace
