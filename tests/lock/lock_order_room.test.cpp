// SPDX-License-Identifier: MIT
// Room for what a thread holds, when code of the user takes checked locks while another one is being taken.
#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include <pthread.h>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>

#include "support/lock_order_reports.hpp"

namespace {

using namespace reports_of_lock_order;

// Holds as many locks as a thread has room for at first, and as many as after that has grown.
TEST_F(lock_order, a_handler_may_lock_while_a_thread_that_ends_with_locks_is_reported) {
  for (const std::size_t count : {8u, 16u}) {
    mutex of_handler;
    std::atomic<std::size_t> told = 0;
    plait::lock_order::on_report([&](const lock_order_report& each) {
      const std::lock_guard guard(of_handler);
      if (each.problem == lock_problem::held_at_exit) ++told;
    });
    std::vector<checked<open_lock>> locks(count);
    by_thread("forgetful", [&] {
      for (checked<open_lock>& each : locks) each.lock();
    });
    EXPECT_EQ(told, count);
  }
}

TEST_F(lock_order, who_unlocks_after_the_end_of_its_thread_was_reported_is_no_stranger) {
  checked<open_lock> lock("unlocked late");
  pthread_key_t key{};
  const auto unlock = [](void* held) { static_cast<checked<open_lock>*>(held)->unlock(); };
  ASSERT_EQ(pthread_key_create(&key, unlock), 0);
  by_thread("late", [&] {
    lock.lock();
    pthread_setspecific(key, &lock);
  });
  pthread_key_delete(key);
  for (const lock_order_report& each : reports()) EXPECT_EQ(each.problem, lock_problem::held_at_exit);
  nest(lock);
}

// Locks another one as long as it is locked.
class two_locks {
 public:
  void lock() {
    inner_.lock();
    outer_.lock();
  }
  bool try_lock() {
    if (!inner_.try_lock()) return false;
    if (outer_.try_lock()) return true;
    inner_.unlock();
    return false;
  }
  void unlock() {
    outer_.unlock();
    inner_.unlock();
  }

 private:
  checked<std::mutex> inner_;
  std::mutex outer_;
};

TEST_F(lock_order, a_lock_that_takes_a_checked_lock_itself_has_a_place_of_its_own) {
  for (std::size_t held = 0; held != 20; ++held) {
    by_thread("deep", [&] {
      std::vector<mutex> locks(held);
      checked<two_locks> both;
      for (mutex& each : locks) each.lock();
      nest(both);
      both.lock();
      for (mutex& each : locks) each.unlock();
      both.unlock();
    });
    expect_none();
  }
}

TEST_F(lock_order, a_lock_that_a_handler_keeps_has_a_place_of_its_own) {
  for (std::size_t held = 1; held != 20; ++held) {
    mutex first, second, kept;
    nest_by("one", first, second);
    plait::lock_order::on_report([&](const lock_order_report&) { kept.lock(); });
    by_thread("two", [&] {
      std::vector<mutex> locks(held - 1);
      for (mutex& each : locks) each.lock();
      second.lock();
      nest(first);
      second.unlock();
      kept.unlock();
      for (mutex& each : locks) each.unlock();
    });
  }
}

}  // namespace
