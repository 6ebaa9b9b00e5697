// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>

#include <poll.h>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/readiness_fd.hpp>

#include "support/queue_kinds.hpp"
#include "support/threads.hpp"
#include "support/watchdog.hpp"

namespace {

using plait::readiness_fd;
using threads::sleeper;
using namespace std::chrono_literals;

bool is_readable(int descriptor, std::chrono::milliseconds within = 0ms) {
  pollfd waited_for{descriptor, POLLIN, 0};
  return ::poll(&waited_for, 1, static_cast<int>(within.count())) == 1 && waited_for.revents == POLLIN;
}

template <class Kind>
class readiness_fd_contract : public testing::Test {
 protected:
  static auto make(std::size_t capacity) { return queue_kinds::make<Kind, int>(capacity); }

 private:
  // One that is not told of a close() waits in its destructor for ever.
  watchdog limit_{"a test of readiness_fd"};
};

TYPED_TEST_SUITE(readiness_fd_contract, queue_kinds::all, queue_kinds::name_of);

TYPED_TEST(readiness_fd_contract, is_readable_from_the_first_item_until_it_is_armed_again) {
  auto queue = TestFixture::make(4);
  readiness_fd ready(queue);
  EXPECT_FALSE(is_readable(ready.native_handle()));
  EXPECT_TRUE(ready.rearm());  // it is armed already
  queue.push(1);
  EXPECT_TRUE(is_readable(ready.native_handle()));
  queue.push(2);
  EXPECT_FALSE(ready.rearm());
  EXPECT_TRUE(is_readable(ready.native_handle()));
  EXPECT_TRUE(queue.try_pop() && queue.try_pop());
  EXPECT_TRUE(is_readable(ready.native_handle()));  // until it is armed
  EXPECT_TRUE(ready.rearm());
  EXPECT_FALSE(is_readable(ready.native_handle()));
  queue.push(3);
  EXPECT_TRUE(is_readable(ready.native_handle()));
}

TYPED_TEST(readiness_fd_contract, is_readable_at_once_if_there_is_an_item) {
  auto queue = TestFixture::make(1);
  queue.push(1);
  const readiness_fd ready(queue);
  EXPECT_TRUE(is_readable(ready.native_handle()));
}

TYPED_TEST(readiness_fd_contract, stays_readable_when_the_queue_is_closed) {
  auto queue = TestFixture::make(1);
  readiness_fd ready(queue);
  queue.close();
  EXPECT_TRUE(is_readable(ready.native_handle()));
  EXPECT_FALSE(ready.rearm());
  EXPECT_TRUE(is_readable(ready.native_handle()));
}

TYPED_TEST(readiness_fd_contract, takes_no_wake_from_a_thread_that_pops) {
  auto queue = TestFixture::make(1);
  const readiness_fd ready(queue);
  for (int i = 0; i != 4; ++i) {
    const sleeper consumer([&] { EXPECT_EQ(queue.pop(), i); });
    queue.push(i);
  }
}

TYPED_TEST(readiness_fd_contract, loses_nothing_between_a_producer_and_an_event_loop) {
  constexpr int count = 1'000;
  auto queue = TestFixture::make(8);
  readiness_fd ready(queue);
  std::jthread producer([&] {
    for (int i = 1; i <= count; ++i) queue.push(i);
    queue.close();
  });
  std::int64_t sum = 0;
  while (!queue.is_closed() || !queue.empty()) {
    ASSERT_TRUE(is_readable(ready.native_handle(), 60s));
    while (const auto item = queue.try_pop()) sum += *item;
    ready.rearm();
  }
  EXPECT_EQ(sum, std::int64_t{count} * (count + 1) / 2);
}

TEST(readiness_fd, may_be_destroyed_while_items_come) {
  plait::bounded_queue<int> queue(1);
  std::jthread producer([&](const std::stop_token& stop) {
    while (queue.push(1, stop)) {
    }
  });
  for (int i = 0; i != 2000; ++i) {
    readiness_fd ready(queue);
    (void)queue.try_pop();
    ready.rearm();
  }
}

TEST(readiness_fd, every_one_of_a_queue_is_told) {
  plait::bounded_queue<int> queue(1);
  std::deque<readiness_fd<plait::bounded_queue<int>>> all;
  for (int i = 0; i != 3; ++i) all.emplace_back(queue);
  queue.push(1);
  for (const auto& each : all) EXPECT_TRUE(is_readable(each.native_handle()));
}

TEST(readiness_fd, a_push_that_tells_nobody_makes_no_system_call) {
  plait::bounded_queue<int> queue(1000);
  const readiness_fd ready(queue);
  queue.push(0);
  const auto before = plait::detail::sync::futex_calls();
  for (int i = 0; i != 100; ++i) queue.push(i);
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
}

}  // namespace
