// SPDX-License-Identifier: MIT
// The promises of mutex, row by row; and those of recursive_mutex that are the same.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::mutex;
using plait::recursive_mutex;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// The constructor is constexpr.
constinit mutex global;

// -- both --

template <class Mutex>
class any_mutex : public testing::Test {
 protected:
  // The result that another thread gets.
  template <class Ask>
  static bool elsewhere(Ask ask) {
    bool answer = false;
    std::jthread([&] { answer = ask(); }).join();
    return answer;
  }
  bool is_free() {
    return elsewhere([this] {
      const bool has_it = lock_.try_lock();
      if (has_it) lock_.unlock();
      return has_it;
    });
  }

  Mutex lock_;
};
using kinds = testing::Types<mutex, recursive_mutex>;
TYPED_TEST_SUITE(any_mutex, kinds);

TYPED_TEST(any_mutex, is_free_at_first_and_after_unlock) {
  EXPECT_TRUE(this->is_free());
  this->lock_.lock();
  EXPECT_FALSE(this->is_free());
  this->lock_.unlock();
  EXPECT_TRUE(this->is_free());
}

TYPED_TEST(any_mutex, try_lock_takes_the_lock) {
  ASSERT_TRUE(this->lock_.try_lock());
  EXPECT_FALSE(this->is_free());
  this->lock_.unlock();
  EXPECT_TRUE(this->is_free());
}

TYPED_TEST(any_mutex, a_deadline_that_has_passed_takes_a_free_lock) {
  EXPECT_TRUE(this->lock_.try_lock_for(-1s));
  this->lock_.unlock();
  EXPECT_TRUE(this->lock_.try_lock_until(clock::now() - 1h));
  this->lock_.unlock();
  EXPECT_TRUE(this->lock_.try_lock_until(std::chrono::system_clock::now() - 1h));
  this->lock_.unlock();
}

TYPED_TEST(any_mutex, a_deadline_that_has_passed_does_not_wait) {
  this->lock_.lock();
  const auto before = plait::detail::sync::futex_calls();
  EXPECT_FALSE(this->elsewhere([this] { return this->lock_.try_lock_for(0s); }));
  EXPECT_FALSE(this->elsewhere([this] { return this->lock_.try_lock_until(clock::now()); }));
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
  this->lock_.unlock();
}

TYPED_TEST(any_mutex, a_deadline_ends_the_wait_and_not_before) {
  this->lock_.lock();
  EXPECT_TRUE(this->elsewhere([this] {
    const auto start = clock::now();
    return !this->lock_.try_lock_for(30ms) && clock::now() - start >= 30ms;
  }));
  EXPECT_TRUE(this->elsewhere([this] {
    const auto end = std::chrono::system_clock::now() + 30ms;
    return !this->lock_.try_lock_until(end) && std::chrono::system_clock::now() >= end - 1ms;
  }));
  this->lock_.unlock();
  EXPECT_TRUE(this->is_free());
}

TYPED_TEST(any_mutex, a_lock_that_comes_free_is_taken_before_the_deadline) {
  this->lock_.lock();
  std::atomic<bool> has_it = false;
  threads::sleeper waiter([&] {
    has_it = this->lock_.try_lock_for(1h);
    if (has_it) this->lock_.unlock();
  });
  this->lock_.unlock();
  waiter.join();
  EXPECT_TRUE(has_it);
}

TYPED_TEST(any_mutex, a_stop_request_ends_the_wait) {
  this->lock_.lock();
  std::stop_source stop;
  std::atomic<bool> has_it = true;
  threads::sleeper waiter([&] { has_it = this->lock_.lock(stop.get_token()); });
  EXPECT_FALSE(waiter.has_returned());
  stop.request_stop();
  waiter.join();
  EXPECT_FALSE(has_it);
  this->lock_.unlock();
  EXPECT_TRUE(this->is_free());
}

TYPED_TEST(any_mutex, a_stop_requested_before_takes_a_free_lock_and_waits_for_none) {
  std::stop_source stop;
  stop.request_stop();
  ASSERT_TRUE(this->lock_.lock(stop.get_token()));
  EXPECT_FALSE(this->elsewhere([&] { return this->lock_.lock(stop.get_token()); }));
  this->lock_.unlock();
}

TYPED_TEST(any_mutex, who_is_stopped_leaves_the_others_waiting) {
  this->lock_.lock();
  std::stop_source stop;
  threads::sleeper stopped([&] { (void)this->lock_.lock(stop.get_token()); });
  threads::sleeper other([&] {
    this->lock_.lock();
    this->lock_.unlock();
  });
  stop.request_stop();
  stopped.join();
  EXPECT_FALSE(other.has_returned());
  this->lock_.unlock();
  other.join();
}

TYPED_TEST(any_mutex, whoever_waits_sleeps) {
  this->lock_.lock();
  threads::sleeper waiter([&] {
    this->lock_.lock();
    this->lock_.unlock();
  });
  EXPECT_TRUE(waiter.comes_to_rest());
  EXPECT_FALSE(waiter.has_returned());
  this->lock_.unlock();
  waiter.join();
}

TYPED_TEST(any_mutex, without_anybody_else_it_makes_no_system_call) {
  const auto calls = plait::detail::sync::futex_calls();
  for (int i = 0; i != 1000; ++i) {
    const std::lock_guard hold(this->lock_);
  }
  EXPECT_EQ(plait::detail::sync::futex_calls(), calls);
}

TYPED_TEST(any_mutex, works_with_the_standard_guards_and_conditions) {
  TypeParam second;
  {
    const std::scoped_lock both(this->lock_, second);
    EXPECT_FALSE(this->is_free());
  }
  std::unique_lock own(this->lock_, 10ms);
  EXPECT_TRUE(own.owns_lock());
  std::condition_variable_any changed;
  bool is_ready = false;
  std::jthread other([&] {
    const std::lock_guard hold(this->lock_);
    is_ready = true;
    changed.notify_one();
  });
  changed.wait(own, [&] { return is_ready; });
  EXPECT_TRUE(is_ready);
}

TYPED_TEST(any_mutex, many_threads_count_without_a_loss) {
  std::uint64_t guarded = 0, made = 0;
  std::mutex sums;
  constexpr int users = 6, times = 5'000;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i != users; ++i)
      all.emplace_back([&, i] {
        std::uint64_t mine = 0;
        for (int n = 0; n != times; ++n) {
          const bool has_it = i % 2 == 0 ? (this->lock_.lock(), true) : this->lock_.try_lock_for(20us);
          if (!has_it) continue;
          ++guarded;
          ++mine;
          this->lock_.unlock();
        }
        const std::lock_guard hold(sums);
        made += mine;
      });
  }
  EXPECT_EQ(guarded, made);
  EXPECT_TRUE(this->is_free());
}

// -- mutex --

TEST(mutex, has_eight_bytes_and_needs_no_code_to_be_made_or_destroyed) {
  EXPECT_EQ(sizeof(mutex), 8u);
  EXPECT_TRUE(std::is_trivially_destructible_v<mutex>);
  const std::lock_guard hold(global);
}

// Who gets the lock after its holder, when two threads have waited for it for as long as given, each: 0 is the
// holder, which asks for it again at once.
int who_is_next_after(std::chrono::milliseconds wait) {
  mutex lock;
  std::vector<int> order;
  lock.lock();
  const auto enter = [&](int who) {
    return [&, who] {
      const std::lock_guard hold(lock);
      order.push_back(who);
    };
  };
  threads::sleeper first(enter(1));
  std::this_thread::sleep_for(wait);
  threads::sleeper second(enter(2));
  std::this_thread::sleep_for(wait);
  lock.unlock();
  lock.lock();
  order.push_back(0);
  lock.unlock();
  first.join();
  second.join();
  EXPECT_EQ(order.size(), 3u);
  return order.front();
}

TEST(mutex, a_sleeper_that_has_waited_too_long_is_let_in_before_the_holder_again) {
  // Longer each time, since nothing says when a busy machine lets a thread reach the lock.
  int next = 0;
  for (auto wait = 5ms; next == 0 && wait < 1s; wait *= 2) next = who_is_next_after(wait);
  EXPECT_EQ(next, 1);
}

TEST(mutex_death, assertions_notice_an_unlock_of_what_nobody_has_locked) {
  if (!plait::detail::sync::has_assertions) return;
  mutex lock;
  EXPECT_DEATH(lock.unlock(), "nobody has locked");
}

}  // namespace
