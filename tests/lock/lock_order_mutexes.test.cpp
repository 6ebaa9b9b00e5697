// SPDX-License-Identifier: MIT
// Mutexes of plait that are checked, or are not: what they can do is the same.
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <stop_token>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>
#include <plait/shared_mutex.hpp>
#include <plait/until_signal.hpp>

#include "support/lock_order_reports.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace reports_of_lock_order;
using namespace std::chrono_literals;

constexpr bool can_wait_until_a_stop(auto& lock) {
  return requires(std::stop_token stop) { lock.lock(stop); };
}
constexpr bool can_wait_until_a_signal(auto& lock) {
  return requires(std::chrono::steady_clock::time_point when) {
    lock.try_lock_until(when, plait::until_signal());
  };
}
constexpr bool can_share_until_a_stop(auto& lock) {
  return requires(std::stop_token stop) { lock.lock_shared(stop); };
}
constexpr bool can_share_until_a_signal(auto& lock) {
  return requires(std::chrono::steady_clock::time_point when) {
    lock.try_lock_shared_until(when, plait::until_signal());
  };
}

template <class M>
void expect_the_same() {
  checked<M, true> with;
  checked<M, false> without;
  EXPECT_EQ(can_wait_until_a_stop(with), can_wait_until_a_stop(without));
  EXPECT_EQ(can_wait_until_a_signal(with), can_wait_until_a_signal(without));
  EXPECT_EQ(can_share_until_a_stop(with), can_share_until_a_stop(without));
  EXPECT_EQ(can_share_until_a_signal(with), can_share_until_a_signal(without));
}

TEST_F(lock_order, checks_take_away_no_way_to_wait_for_a_mutex) {
  expect_the_same<plait::mutex>();
  expect_the_same<plait::recursive_mutex>();
  expect_the_same<plait::shared_mutex>();
  expect_the_same<std::mutex>();
  expect_the_same<std::shared_mutex>();
}

TEST_F(lock_order, a_reader_gives_up_when_a_stop_is_requested) {
  const watchdog limit("a reader that should give up");
  checked<plait::shared_mutex> lock;
  std::stop_source stop;
  EXPECT_TRUE(lock.lock_shared(stop.get_token()));
  lock.unlock_shared();
  lock.lock();
  stop.request_stop();
  by_thread("reader", [&] { EXPECT_FALSE(lock.lock_shared(stop.get_token())); });
  lock.unlock();
  expect_none();
}

TEST_F(lock_order, readers_that_can_be_stopped_have_an_order_like_others) {
  checked<plait::shared_mutex> first, second;
  const std::stop_token stop;
  by_thread("one", [&] {
    first.lock();
    EXPECT_TRUE(second.lock_shared(stop));
    second.unlock_shared();
    first.unlock();
  });
  by_thread("two", [&] {
    second.lock();
    EXPECT_TRUE(first.lock_shared(stop));
    first.unlock_shared();
    second.unlock();
  });
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

TEST_F(lock_order, a_wait_that_a_signal_ends_holds_what_it_has_got) {
  const auto soon = [] { return std::chrono::steady_clock::now() + 1ms; };
  checked<plait::mutex> alone;
  checked<plait::shared_mutex> shared;
  EXPECT_TRUE(alone.try_lock_until(soon(), plait::until_signal()));
  EXPECT_TRUE(shared.try_lock_until(soon(), plait::until_signal()));
  by_thread("others", [&] {
    EXPECT_FALSE(alone.try_lock_until(soon(), plait::until_signal()));
    EXPECT_FALSE(shared.try_lock_shared_until(soon(), plait::until_signal()));
  });
  shared.unlock();
  EXPECT_TRUE(shared.try_lock_shared_until(soon(), plait::until_signal()));
  shared.unlock_shared();
  alone.unlock();
  expect_none();
}

}  // namespace
