// SPDX-License-Identifier: MIT
// What is reported whatever the order: a lock taken again, somebody else's unlocked, threads that wait in a
// circle; and what the modes do about a report.
#include <array>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>

#include "support/lock_order_reports.hpp"
#include "support/sanitizer.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace reports_of_lock_order;
using namespace std::chrono_literals;

// -- the same lock again --

TEST_F(lock_order, a_recursive_mutex_may_be_taken_again_and_counts_until_its_last_unlock) {
  checked<std::recursive_mutex> lock;
  mutex other;
  by_thread("one", [&] {
    nest(lock, lock, other, lock);
    lock.lock();
    lock.lock();
    lock.unlock();
    nest(other);
    lock.unlock();
  });
  expect_none();
  nest_by("two", other, lock);
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

TEST_F(lock_order, a_mutex_that_its_holder_locks_again_is_reported_instead_of_hanging) {
  const watchdog limit("a mutex that its holder locks again");
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  mutex lock("again");
  const std::lock_guard guard(lock);
  try {
    lock.lock();
    ADD_FAILURE();
  } catch (const plait::lock_order_error& error) {
    EXPECT_EQ(error.code(), std::errc::resource_deadlock_would_occur);
    EXPECT_EQ(error.report().problem, lock_problem::relock);
    EXPECT_NE(std::string(error.what()).find("'again'"), std::string::npos) << error.what();
  }
}

TEST_F(lock_order, sharing_again_what_a_thread_shares_is_reported) {
  shared_mutex lock("read twice");
  by_thread("reader", [&] {
    lock.lock_shared();
    lock.lock_shared();
    lock.unlock_shared();
    lock.unlock_shared();
  });
  EXPECT_EQ(only().problem, lock_problem::recursive_read);
}

TEST_F(lock_order, what_is_done_again_and_again_is_reported_once) {
  shared_mutex read("read again and again");
  mutex low("low again", plait::lock_rank(1)), high("high again", plait::lock_rank(2));
  for (int i = 0; i != 3; ++i)
    by_thread("another", [&] {
      const std::shared_lock outer(read);
      const std::shared_lock inner(read);
      nest(high, low);
    });
  EXPECT_EQ(reports().size(), 2u);
}

TEST_F(lock_order, a_reader_that_wants_to_write_is_reported) {
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  shared_mutex lock;
  const std::shared_lock reading(lock);
  EXPECT_THROW(lock.lock(), plait::lock_order_error);
  EXPECT_EQ(only().problem, lock_problem::relock);
}

TEST_F(lock_order, shared_locks_have_an_order_like_others) {
  shared_mutex first, second;
  by_thread("one", [&] {
    const std::shared_lock a(first);
    const std::unique_lock b(second);
  });
  by_thread("two", [&] {
    const std::shared_lock b(second);
    const std::unique_lock a(first);
  });
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

// -- whose lock it is --

TEST_F(lock_order, unlocking_what_another_thread_holds_is_reported) {
  checked<open_lock> lock("not mine");
  by_thread("owner", [&] {
    lock.lock();
    by_thread("stranger", [&] { lock.unlock(); });
  });
  const auto found = reports();
  ASSERT_EQ(found.size(), 2u) << "and the owner still thinks that it holds it when it ends";
  EXPECT_EQ(found[0].problem, lock_problem::not_owner);
  EXPECT_EQ(found[0].steps[0].thread, "stranger");
  EXPECT_EQ(found[1].problem, lock_problem::held_at_exit);
}

TEST_F(lock_order, a_thread_that_ends_with_a_lock_is_reported) {
  checked<open_lock> lock("never unlocked");
  by_thread("forgetful", [&] { lock.lock(); });
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::held_at_exit);
  EXPECT_EQ(found.steps[0].thread, "forgetful");
}

struct locks_when_destroyed {
  mutex* first = nullptr;
  mutex* second = nullptr;
  ~locks_when_destroyed() {
    if (first != nullptr) nest(*first, *second);
  }
};
thread_local locks_when_destroyed late;

TEST_F(lock_order, late_destructors_may_lock) {
  mutex first, second;
  for (int i = 0; i != 3; ++i)
    by_thread("late", [&] {
      late.first = &first;
      late.second = &second;
      nest(first);
    });
  expect_none();
  nest_by("back", second, first);
  EXPECT_EQ(reports().size(), 1u);
}

// In its later rounds, after the thread has given back the room of its stack.
struct locks_in_a_key {
  mutex* what = nullptr;
  pthread_key_t key{};
  int rounds = 0;
};
// ThreadSanitizer is done with a thread in the fourth round, in which plait gives back what the third has used.
constexpr int rounds_of_keys = PLAIT_UNDER_TSAN ? 2 : 3;

TEST_F(lock_order, the_destructor_of_a_pthread_key_may_lock_in_every_round) {
  mutex lock;
  locks_in_a_key at{.what = &lock};
  const auto lock_again = [](void* object) {
    auto* const own = static_cast<locks_in_a_key*>(object);
    own->what->lock();
    own->what->unlock();
    if (++own->rounds != rounds_of_keys) pthread_setspecific(own->key, own);
  };
  ASSERT_EQ(pthread_key_create(&at.key, lock_again), 0);
  std::thread([&] { pthread_setspecific(at.key, &at), nest(lock); }).join();
  pthread_key_delete(at.key);
  EXPECT_EQ(at.rounds, rounds_of_keys);
  expect_none();
}

// -- real deadlocks --

TEST_F(lock_order, threads_that_wait_in_a_circle_are_told_so_by_the_last_of_them) {
  const watchdog limit("a deadlock");
  constexpr std::size_t count = 3;
  struct broken {};
  std::vector<mutex> locks(count);
  std::atomic<int> told = 0;
  lock_order_report found{};
  plait::lock_order::on_report([&](const lock_order_report& each) {
    if (each.problem != lock_problem::deadlock) return;
    found = each;
    ++told;
    throw broken();
  });
  std::barrier meet(count);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i != count; ++i)
    threads.emplace_back([&, i] {
      const std::lock_guard own(locks[i]);
      meet.arrive_and_wait();
      try {
        const std::lock_guard next(locks[(i + 1) % count]);
      } catch (const broken&) {  // NOLINT(bugprone-empty-catch): one of them has to
      }
    });
  threads.clear();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(found.certainty, lock_certainty::certain);
  EXPECT_EQ(found.steps.size(), count);
  for (std::size_t i = 0; i != found.steps.size(); ++i)
    EXPECT_EQ(found.steps[i].wanted, found.steps[(i + 1) % count].held);
}

TEST_F(lock_order, readers_are_members_of_a_circle_of_which_the_writers_are_told) {
  const watchdog limit("a deadlock of readers and writers");
  constexpr std::size_t count = 3;
  struct broken {};
  std::vector<shared_mutex> locks(count);
  shared_mutex unrelated;
  std::vector<lock_order_report> told;
  std::mutex of_told;
  plait::lock_order::on_report([&](const lock_order_report& each) {
    if (each.problem != lock_problem::deadlock) return;
    {
      const std::lock_guard guard(of_told);
      told.push_back(each);
    }
    throw broken();
  });
  std::barrier meet(count);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i != count; ++i)
    threads.emplace_back([&, i] {
      const std::shared_lock all_read_this(unrelated);
      const std::shared_lock own(locks[i]);
      meet.arrive_and_wait();
      try {
        const std::lock_guard next(locks[(i + 1) % count]);
      } catch (const broken&) {  // NOLINT(bugprone-empty-catch): one of them has to
      }
    });
  threads.clear();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].certainty, lock_certainty::certain);
  ASSERT_EQ(told[0].steps.size(), count);
  for (std::size_t i = 0; i != count; ++i) {
    EXPECT_EQ(told[0].steps[i].wanted, told[0].steps[(i + 1) % count].held);
    EXPECT_EQ(told[0].steps[i].is_now, i == 0);
  }
}

// A lock that holds new readers back as long as it is told to, as if a writer stood in line.
class reluctant {
 public:
  void lock() {}
  bool try_lock() { return true; }
  void unlock() {}
  void lock_shared() {
    ++waiting_;
    while (holds_back_) std::this_thread::yield();
  }
  bool try_lock_shared() { return !holds_back_; }
  void unlock_shared() {}

  static inline std::atomic<bool> holds_back_ = false;
  static inline std::atomic<int> waiting_ = 0;
};

TEST_F(lock_order, readers_that_wait_for_what_others_read_are_no_circle) {
  const watchdog limit("readers that are held back");
  checked<reluctant> first, second;
  std::vector<std::jthread> readers;
  std::barrier meet(2);
  const auto read = [&](checked<reluctant>& outer, checked<reluctant>& inner) {
    const std::shared_lock reads(outer);
    meet.arrive_and_wait();
    reluctant::holds_back_ = true;
    const std::shared_lock reads_more(inner);
  };
  readers.emplace_back([&] { read(first, second); });
  readers.emplace_back([&] { read(second, first); });
  while (reluctant::waiting_ != 2) std::this_thread::yield();
  reluctant::holds_back_ = false;
  readers.clear();
  for (const lock_order_report& each : reports())
    EXPECT_EQ(each.problem, lock_problem::inversion) << each.text();
}

TEST_F(lock_order, a_handler_may_lock_while_others_wait_in_the_circle) {
  const watchdog limit("a deadlock whose report takes locks");
  struct broken {};
  std::array<mutex, 2> locks;
  std::array<mutex, 12> of_handler;  // more than a thread has room for at first
  std::atomic<int> told = 0;
  plait::lock_order::on_report([&](const lock_order_report& each) {
    if (each.problem != lock_problem::deadlock) return;
    for (mutex& each_lock : of_handler) each_lock.lock();
    for (mutex& each_lock : of_handler) each_lock.unlock();
    ++told;
    throw broken();
  });
  std::barrier meet(2);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i != 2; ++i)
    threads.emplace_back([&, i] {
      const std::lock_guard own(locks[i]);
      meet.arrive_and_wait();
      try {
        const std::lock_guard next(locks[1 - i]);
      } catch (const broken&) {  // NOLINT(bugprone-empty-catch): one of them has to
      }
    });
  threads.clear();
  EXPECT_EQ(told, 1);
}

TEST_F(lock_order, threads_that_wait_for_each_other_for_a_while_are_not_reported) {
  mutex lock;
  std::vector<std::jthread> threads;
  std::atomic<int> sum = 0;
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i != 50; ++i) {
        const std::lock_guard guard(lock);
        std::this_thread::sleep_for(20us);
        ++sum;
      }
    });
  threads.clear();
  EXPECT_EQ(sum, 200);
  expect_none();
}

// -- modes --

TEST_F(lock_order, off_reports_nothing_and_notes_what_is_held) {
  plait::lock_order::set_mode(lock_order_mode::off);
  mutex first, second;
  nest_by("one", first, second);
  nest_by("two", second, first);
  expect_none();
  first.lock();
  plait::lock_order::set_mode(lock_order_mode::log);
  first.unlock();
  expect_none();
}

TEST_F(lock_order, throw_error_throws_each_time_and_takes_no_lock) {
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  mutex first("first to throw"), second("second to throw");
  nest_by("one", first, second);
  const std::lock_guard guard(second);
  for (int i = 0; i != 3; ++i) {
    EXPECT_THROW(first.lock(), plait::lock_order_error);
    EXPECT_TRUE(first.try_lock()) << "it was taken";
    first.unlock();
  }
}

TEST_F(lock_order, who_takes_a_lock_under_another_is_delayed_if_that_is_wanted) {
  constexpr int nested = 200;
  constexpr auto longest = 500us;
  mutex outer("delayed outer"), inner("delayed inner");
  plait::lock_order::delay_at_random(longest);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i != nested; ++i) nest(outer, inner);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  plait::lock_order::delay_at_random(0us);
  EXPECT_GT(elapsed, nested * longest / 8) << "half of the longest delay each, on the average";
  expect_none();
}

TEST_F(lock_order, a_delay_below_zero_is_none) {
  const watchdog limit("a delay below zero");
  mutex outer, inner;
  for (const auto longest : {-1ns, -2ns, std::chrono::nanoseconds::min()}) {
    plait::lock_order::delay_at_random(longest);
    for (int i = 0; i != 100; ++i) nest(outer, inner);
  }
  plait::lock_order::delay_at_random(0ns);
  expect_none();
}

TEST_F(lock_order, a_handler_may_lock_and_what_it_throws_comes_out_of_lock) {
  mutex first, second, of_handler;
  plait::lock_order::on_report([&](const lock_order_report& each) {
    const std::lock_guard guard(of_handler);
    throw std::runtime_error(each.text());
  });
  nest_by("one", first, second);
  by_thread("two", [&] {
    const std::lock_guard guard(second);
    EXPECT_THROW(first.lock(), std::runtime_error);
  });
}

TEST(lock_order_death, abort_prints_both_stacks_and_ends_the_program) {
  const auto invert = [] {
    plait::lock_order::set_mode(lock_order_mode::abort);
    mutex first("printed first"), second("printed second");
    nest_by("task A", first, second);
    nest_by("task B", second, first);
  };
  EXPECT_DEATH(invert(),
               "inverted lock order, a possible deadlock.*task B.*now.*printed first.*printed second.*#0.*"
               "task A.*printed second.*printed first.*#0.*Take these locks in one order");
}

}  // namespace
