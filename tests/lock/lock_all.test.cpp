// SPDX-License-Identifier: MIT
// The promises of lock_all, row by row.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::lock_all;
using plait::try_lock_all;
using plait::try_lock_all_for;
using plait::try_lock_all_until;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// Counts how often it is taken, and throws or is busy on request.
struct told_lock {
  void lock() {
    if (throws) throw std::runtime_error("no lock");
    ++held;
  }
  bool try_lock() {
    if (throws) throw std::runtime_error("no lock");
    if (is_busy) return false;
    ++held;
    return true;
  }
  void unlock() { --held; }

  int held = 0;
  bool is_busy = false;
  bool throws = false;
};

template <class Lock>
bool is_free(Lock& lock) {
  bool answer = false;
  std::jthread([&] {
    answer = lock.try_lock();
    if (answer) lock.unlock();
  }).join();
  return answer;
}

TEST(lock_all, takes_every_lock_and_gives_it_back) {
  plait::mutex a, b, c;
  {
    const auto held = lock_all(a, b, c);
    EXPECT_TRUE(held);
    EXPECT_TRUE(held.owns_locks());
    EXPECT_FALSE(is_free(a) || is_free(b) || is_free(c));
  }
  EXPECT_TRUE(is_free(a) && is_free(b) && is_free(c));
}

TEST(lock_all, takes_locks_of_several_types) {
  plait::mutex a;
  std::mutex b;
  plait::recursive_mutex c;
  std::timed_mutex d;
  {
    const auto held = lock_all(a, b, c, d);
    EXPECT_FALSE(is_free(a) || is_free(b) || is_free(c) || is_free(d));
  }
  EXPECT_TRUE(is_free(a) && is_free(b) && is_free(c) && is_free(d));
}

TEST(lock_all, takes_a_lock_once_however_often_it_is_named) {
  told_lock a, b;
  {
    const auto held = lock_all(a, b, a, a, b);
    EXPECT_EQ(a.held, 1);
    EXPECT_EQ(b.held, 1);
  }
  EXPECT_EQ(a.held, 0);
  EXPECT_EQ(b.held, 0);
  plait::mutex mutex;
  const auto held = lock_all(mutex, mutex);  // would wait for ever
  EXPECT_FALSE(is_free(mutex));
}

TEST(lock_all, takes_the_locks_of_a_range_once_each) {
  std::array<told_lock, 3> locks;
  const auto all_hold = [&](int times) {
    return std::ranges::all_of(locks, [=](auto& l) { return l.held == times; });
  };
  {
    const auto held = lock_all(locks);
    EXPECT_TRUE(all_hold(1));
  }
  EXPECT_TRUE(all_hold(0));
  {
    std::vector<told_lock*> pointers{&locks[2], &locks[0], &locks[1], &locks[0]};
    const auto held = lock_all(pointers);
    EXPECT_TRUE(all_hold(1));
  }
  {
    std::vector<std::reference_wrapper<told_lock>> references(locks.begin(), locks.end());
    const auto held = lock_all(references);
    EXPECT_TRUE(all_hold(1));
  }
  {
    const auto held = lock_all(std::views::iota(0, 3) | std::views::transform([&](int i) -> told_lock& {
                                 return locks[static_cast<std::size_t>(i)];
                               }));
    EXPECT_TRUE(all_hold(1));
  }
  EXPECT_TRUE(all_hold(0));
}

TEST(lock_all, of_an_empty_range_holds_nothing_at_once) {
  std::vector<plait::mutex*> none;
  std::stop_source stop;
  EXPECT_TRUE(lock_all(none));
  EXPECT_TRUE(try_lock_all(none));
  EXPECT_TRUE(try_lock_all_for(0s, none));
  EXPECT_TRUE(try_lock_all_until(clock::now(), none));
  EXPECT_TRUE(lock_all(stop.get_token(), none));
}

TEST(lock_all, try_lock_all_takes_all_or_none) {
  told_lock a, b, c;
  EXPECT_TRUE(try_lock_all(a, b, c));
  b.is_busy = true;
  EXPECT_FALSE(try_lock_all(a, b, c));
  EXPECT_FALSE(try_lock_all(b, a, c));
  EXPECT_FALSE(try_lock_all(std::array{&c, &b, &a}));
  EXPECT_EQ(a.held + b.held + c.held, 0);
}

// With a deadline and with a stop token, whether or not the locks support them.
template <class Lock>
class lock_all_gives_up : public testing::Test {
 protected:
  Lock a, b, busy;
};
using kinds = testing::Types<plait::mutex, plait::recursive_mutex, std::timed_mutex, std::mutex>;
TYPED_TEST_SUITE(lock_all_gives_up, kinds);

TYPED_TEST(lock_all_gives_up, at_the_deadline_and_holds_none) {
  const std::lock_guard hold(this->busy);
  std::jthread([this] {
    const auto start = clock::now();
    EXPECT_FALSE(try_lock_all_for(20ms, this->a, this->busy, this->b));
    EXPECT_GE(clock::now() - start, 20ms);
    EXPECT_FALSE(try_lock_all_until(start + 30ms, std::array{&this->a, &this->busy}));
    EXPECT_GE(clock::now() - start, 30ms);
    EXPECT_FALSE(try_lock_all_for(-1s, this->busy));
    EXPECT_TRUE(try_lock_all_for(-1s, this->a, this->b));
  }).join();
  EXPECT_TRUE(is_free(this->a) && is_free(this->b));
}

TYPED_TEST(lock_all_gives_up, at_a_stop_request_and_holds_none) {
  std::stop_source stop;
  std::unique_lock hold(this->busy);
  std::atomic<int> answers = 0;
  threads::sleeper named([&] { answers += lock_all(stop.get_token(), this->a, this->busy) ? 1 : 10; });
  threads::sleeper listed(
      [&] { answers += lock_all(stop.get_token(), std::array{&this->b, &this->busy}) ? 1 : 10; });
  EXPECT_FALSE(named.has_returned() || listed.has_returned());
  EXPECT_TRUE(is_free(this->a) && is_free(this->b)) << "a lock is held while another one is waited for";
  stop.request_stop();
  named.join();
  listed.join();
  EXPECT_EQ(answers, 20);
  hold.unlock();
  EXPECT_TRUE(lock_all(stop.get_token(), this->a, this->busy)) << "the last try, after the request";
}

TYPED_TEST(lock_all_gives_up, not_if_the_lock_comes_free) {
  std::stop_source stop;
  std::unique_lock hold(this->busy);
  std::atomic<int> answers = 0;
  threads::sleeper timed([&] { answers += try_lock_all_for(1h, this->a, this->busy) ? 1 : 10; });
  threads::sleeper stoppable([&] { answers += lock_all(stop.get_token(), this->b, this->busy) ? 1 : 10; });
  hold.unlock();
  timed.join();
  stoppable.join();
  EXPECT_EQ(answers, 2);
}

TEST(lock_all, holds_nothing_while_it_waits) {
  plait::mutex a, b, c, busy;
  busy.lock();
  threads::sleeper waiter([&] { const auto held = lock_all(a, b, busy, c); });
  EXPECT_FALSE(waiter.has_returned());
  EXPECT_TRUE(is_free(a) && is_free(b) && is_free(c));
  busy.unlock();
}

TEST(lock_all, if_a_lock_throws_none_is_held) {
  told_lock a, b, c;
  c.throws = true;
  EXPECT_THROW((void)lock_all(a, b, c), std::runtime_error);
  EXPECT_THROW((void)lock_all(c, a, b), std::runtime_error);
  EXPECT_THROW((void)try_lock_all(a, c), std::runtime_error);
  EXPECT_THROW((void)try_lock_all(std::array{&a, &b, &c}), std::runtime_error);
  EXPECT_EQ(a.held + b.held + c.held, 0);
}

TEST(lock_all, what_it_returns_can_be_moved_and_emptied_and_cannot_be_copied) {
  told_lock a, b;
  auto held = lock_all(a, b);
  using held_type = decltype(held);
  EXPECT_FALSE(std::is_copy_constructible_v<held_type>);
  EXPECT_FALSE(std::is_copy_assignable_v<held_type>);
  auto moved = std::move(held);
  EXPECT_FALSE(held.owns_locks());
  EXPECT_TRUE(moved.owns_locks());
  EXPECT_EQ(a.held, 1);
  told_lock c, d;
  moved = lock_all(c, d);
  EXPECT_EQ(a.held + b.held, 0);
  EXPECT_EQ(c.held + d.held, 2);
  moved.unlock();
  EXPECT_FALSE(moved);
  EXPECT_EQ(c.held + d.held, 0);
}

// A concept, so that the compiler's error says what is missing.
template <class... Arguments>
concept can_lock_all = requires(Arguments... arguments) { lock_all(arguments...); };
static_assert(can_lock_all<plait::mutex&, std::mutex&>);
static_assert(can_lock_all<std::vector<plait::mutex*>&>);
static_assert(!can_lock_all<const plait::mutex&>);
static_assert(!can_lock_all<int&>);
static_assert(!can_lock_all<std::vector<int>&>);
static_assert(!can_lock_all<>);

// Each thread names them in an order of its own, and one takes two by hand, one within the other.
TEST(lock_all, many_threads_in_any_order_do_not_deadlock) {
  std::array<plait::mutex, 4> locks;
  std::array<long, 4> counts{};
  constexpr int times = 2'000;
  {
    std::vector<std::jthread> all;
    for (std::size_t shift = 0; shift != 4; ++shift)
      all.emplace_back([&, shift] {
        const auto at = [&](std::size_t i) -> std::size_t { return (i + shift) % 4; };
        for (int n = 0; n != times; ++n) {
          const auto held = lock_all(locks[at(0)], locks[at(1)], locks[at(2)]);
          for (const std::size_t i : {at(0), at(1), at(2)}) ++counts[i];
        }
      });
    all.emplace_back([&] {
      for (int n = 0; n != times; ++n) {
        const std::lock_guard outer(locks[3]);
        const std::lock_guard inner(locks[0]);
        ++counts[0];
      }
    });
  }
  EXPECT_EQ(counts, (std::array<long, 4>{4 * times, 3 * times, 3 * times, 3 * times}));
}

}  // namespace
