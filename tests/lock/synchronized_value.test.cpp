// SPDX-License-Identifier: MIT
// The promises of synchronized_value, row by row.
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/recursive_mutex.hpp>
#include <plait/shared_mutex.hpp>
#include <plait/synchronized_value.hpp>

#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::synchronized_value;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

template <class Ask>
auto elsewhere(Ask ask) {
  std::optional<decltype(ask())> answer;
  std::jthread([&] { answer.emplace(ask()); }).join();
  return *std::move(answer);
}

// Whether the lock is free, by the only call that does not wait.
template <class Value>
bool is_free(Value& value) {
  return elsewhere([&] { return value.wait_for(0s, [](const auto&) { return true; }).owns_lock(); });
}

TEST(synchronized_value, is_made_from_what_makes_its_value) {
  EXPECT_EQ(synchronized_value<int>().load(), 0);
  EXPECT_EQ(synchronized_value<std::string>(3u, 'y').load(), "yyy");
  EXPECT_EQ(synchronized_value("text").load(), std::string("text"));
  EXPECT_EQ(synchronized_value<std::unique_ptr<int>>(std::make_unique<int>(7)).exchange(nullptr).operator*(),
            7);
  static_assert(std::is_same_v<decltype(synchronized_value(1L)), synchronized_value<long>>);
  static_assert(!std::is_copy_constructible_v<synchronized_value<int>>);
  static_assert(!std::is_copy_assignable_v<synchronized_value<int>>);
  static_assert(!std::is_convertible_v<int, synchronized_value<int>>);
}

TEST(synchronized_value, takes_the_lock_and_eight_bytes_more) {
  struct one_byte {
    char byte;
  };
  EXPECT_EQ(sizeof(synchronized_value<std::int64_t>), 8u + 8u + 8u);
  EXPECT_EQ(sizeof(synchronized_value<one_byte>), 8u + 8u + 4u);
}

TEST(synchronized_value, with_has_the_lock_and_returns_what_f_returns) {
  synchronized_value<int> value(1);
  EXPECT_EQ(value.with([&](int& n) {
    EXPECT_FALSE(is_free(value));
    return ++n * 10;
  }),
            20);
  EXPECT_TRUE(is_free(value));
  EXPECT_EQ(value.load(), 2);
}

TEST(synchronized_value, an_exception_of_f_comes_out_and_the_lock_is_free) {
  synchronized_value<int> value(1);
  const auto fails = [](auto& n) -> int { throw std::runtime_error(std::to_string(n)); };
  EXPECT_THROW(value.with(fails), std::runtime_error);
  EXPECT_THROW((void)value.read(fails), std::runtime_error);
  EXPECT_THROW(value.update(fails), std::runtime_error);
  EXPECT_THROW(apply(fails, value), std::runtime_error);
  EXPECT_THROW((void)value.wait(fails), std::runtime_error);
  EXPECT_TRUE(is_free(value));
  EXPECT_EQ(value.load(), 1);
}

TEST(synchronized_value, a_guard_has_the_lock_until_it_goes_or_is_unlocked) {
  synchronized_value<std::string> value("a");
  {
    const auto held = value.lock();
    *held += "b";
    held->push_back('c');
    EXPECT_FALSE(is_free(value));
  }
  EXPECT_TRUE(is_free(value));
  auto held = value.lock();
  auto moved = std::move(held);
  EXPECT_FALSE(held.owns_lock());
  EXPECT_TRUE(moved);
  EXPECT_FALSE(is_free(value));
  moved.unlock();
  EXPECT_FALSE(moved);
  EXPECT_TRUE(is_free(value));
  held = value.lock();
  synchronized_value<std::string> other;
  held = other.lock();
  EXPECT_TRUE(is_free(value)) << "what is assigned over is given back";
  EXPECT_FALSE(is_free(other));
  held.unlock();
  EXPECT_EQ(value.load(), "abc");
}

TEST(synchronized_value, readers_see_it_const) {
  const synchronized_value<std::string> value("text");
  EXPECT_EQ(value.read([](auto& text) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(text)>>);
    return text.size();
  }),
            4u);
  static_assert(std::is_same_v<decltype(*value.rlock()), const std::string&>);
  EXPECT_EQ(value.rlock()->size(), 4u);
}

template <class Mutex>
void readers_share() {
  synchronized_value<int, Mutex> value(1);
  {
    const auto reads = value.rlock();
    EXPECT_EQ(elsewhere([&] { return value.load(); }), 1);
    EXPECT_FALSE(is_free(value));
  }
  EXPECT_TRUE(is_free(value));
}

TEST(synchronized_value, readers_share_a_mutex_that_can_be_shared_and_no_other) {
  readers_share<std::shared_mutex>();
  readers_share<plait::shared_mutex>();
  synchronized_value<int> single(1);
  const auto reads_alone = single.rlock();
  EXPECT_FALSE(is_free(single));
}

TEST(synchronized_value, store_exchange_and_update_replace_the_value) {
  synchronized_value<std::string> value("a");
  value.store("b");
  EXPECT_EQ(value.exchange("c"), "b");
  value.update([](const std::string& text) { return text + "d"; });
  EXPECT_EQ(value.load(), "cd");
}

TEST(synchronized_value, store_destroys_the_old_value_when_the_lock_has_been_given_back) {
  struct asks {
    synchronized_value<std::shared_ptr<asks>>* of = nullptr;
    bool* was_free = nullptr;
    asks(synchronized_value<std::shared_ptr<asks>>* value, bool* answer) : of(value), was_free(answer) {}
    ~asks() { *was_free = is_free(*of); }
  };
  bool was_free = false;
  synchronized_value<std::shared_ptr<asks>> value;
  value.store(std::make_shared<asks>(&value, &was_free));
  value.store(nullptr);
  EXPECT_TRUE(was_free);
}

TEST(synchronized_value, apply_has_all_locks_in_any_order) {
  synchronized_value<int> a(1);
  synchronized_value<std::string, std::mutex> b("b");
  const synchronized_value<long, plait::recursive_mutex> c(3);
  const auto join = [&](int& n, std::string& text, const long& last) {
    EXPECT_FALSE(is_free(a) || is_free(b));
    ++n;
    return text += std::to_string(last);
  };
  EXPECT_EQ(apply(join, a, b, c), "b3");
  EXPECT_EQ(plait::apply([](std::string& text, int& n) { return text + std::to_string(n); }, b, a), "b32");
  EXPECT_EQ(apply([](int& n) { return n; }, a), 2);
  EXPECT_TRUE(is_free(a) && is_free(b));
}

TEST(synchronized_value, apply_takes_the_same_value_twice) {
  synchronized_value<int> a(1);
  EXPECT_EQ(apply([](int& n, int& again) { return &n == &again; }, a, a), true);
}

TEST(synchronized_value, a_recursive_mutex_lets_f_use_the_value_again) {
  synchronized_value<int, plait::recursive_mutex> value(1);
  EXPECT_EQ(value.with([&](int& n) { return ++n + value.load(); }), 4);
}

// -- waiting --

constexpr auto is_set = [](int n) { return n != 0; };

TEST(synchronized_value, wait_returns_at_once_what_is_so_already) {
  synchronized_value<int> value(5);
  const auto held = value.wait(is_set);
  EXPECT_EQ(*held, 5);
  EXPECT_FALSE(is_free(value));
}

// Each operation that changes a value.
void with(synchronized_value<int>& value) {
  value.with([](int& n) { n = 5; });
}
void lock(synchronized_value<int>& value) {
  *value.lock() = 5;
}
void store(synchronized_value<int>& value) {
  value.store(5);
}
void exchange(synchronized_value<int>& value) {
  (void)value.exchange(5);
}
void update(synchronized_value<int>& value) {
  value.update([](int) { return 5; });
}
void apply_first(synchronized_value<int>& value) {
  synchronized_value<int> other;
  apply([](int& n, int&) { n = 5; }, value, other);
}
void apply_second(synchronized_value<int>& value) {
  synchronized_value<int> other;
  apply([](int&, int& n) { n = 5; }, other, value);
}
void after_a_wait(synchronized_value<int>& value) {
  *value.wait([](int) { return true; }) = 5;
}

TEST(synchronized_value, every_change_wakes_whoever_waits_for_it) {
  for (const auto change : {with, lock, store, exchange, update, apply_first, apply_second, after_a_wait}) {
    synchronized_value<int> value;
    std::atomic<int> seen = 0;
    threads::sleeper first([&] { seen += *value.wait(is_set); });
    threads::sleeper second([&] { seen += *value.wait_for(1h, is_set); });
    EXPECT_FALSE(first.has_returned() || second.has_returned());
    change(value);
    first.join();
    second.join();
    EXPECT_EQ(seen, 10);
  }
}

TEST(synchronized_value, whoever_waits_sleeps_without_the_lock) {
  synchronized_value<int> value;
  threads::sleeper waiter([&] { (void)value.wait(is_set); });
  EXPECT_TRUE(waiter.comes_to_rest());
  EXPECT_TRUE(is_free(value));
  value.store(1);
}

template <class Mutex>
class synchronized_value_gives_up : public testing::Test {
 protected:
  synchronized_value<int, Mutex> value;
};
using kinds = testing::Types<plait::mutex, std::mutex>;
TYPED_TEST_SUITE(synchronized_value_gives_up, kinds);

TYPED_TEST(synchronized_value_gives_up, at_a_deadline_with_an_empty_guard) {
  const auto start = clock::now();
  EXPECT_FALSE(this->value.wait_for(20ms, is_set));
  EXPECT_GE(clock::now() - start, 20ms);
  EXPECT_FALSE(this->value.wait_until(start, is_set));
  EXPECT_FALSE(this->value.wait_for(-1s, is_set).owns_lock());
  EXPECT_TRUE(is_free(this->value));
  this->value.store(1);
  EXPECT_TRUE(this->value.wait_for(-1s, is_set)) << "one last look";
}

TYPED_TEST(synchronized_value_gives_up, at_a_deadline_while_another_has_the_lock) {
  const auto held = this->value.lock();
  EXPECT_TRUE(elsewhere([this] {
    const auto start = clock::now();
    return !this->value.wait_for(20ms, is_set) && clock::now() - start >= 20ms;
  }));
}

TYPED_TEST(synchronized_value_gives_up, at_a_stop_request_with_an_empty_guard) {
  std::stop_source stop;
  std::atomic<bool> has_it = true;
  threads::sleeper waiter([&] { has_it = this->value.wait(stop.get_token(), is_set).owns_lock(); });
  stop.request_stop();
  waiter.join();
  EXPECT_FALSE(has_it);
  this->value.store(1);
  EXPECT_TRUE(this->value.wait(stop.get_token(), is_set)) << "one last look";
}

TEST(synchronized_value, many_threads_transfer_and_lose_nothing) {
  synchronized_value<long> a(1000), b(0);
  constexpr int times = 2'000;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i != 4; ++i)
      all.emplace_back([&, i] {
        for (int n = 0; n != times; ++n)
          apply([](long& from, long& to) { --from, ++to; }, i % 2 == 0 ? a : b, i % 2 == 0 ? b : a);
      });
  }
  EXPECT_EQ(a.load(), 1000);
  EXPECT_EQ(b.load(), 0);
}

}  // namespace
