// SPDX-License-Identifier: MIT
// Orders of locks: which are reported, and of which locks.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/lock_all.hpp>
#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

#include "support/lock_order_reports.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace reports_of_lock_order;
using namespace std::chrono_literals;

// -- inversions --

TEST_F(lock_order, one_order_everywhere_is_not_reported) {
  std::array<mutex, 5> locks;
  for (int i = 0; i != 3; ++i) {
    nest_by("all", locks[0], locks[1], locks[2], locks[3], locks[4]);
    nest_by("some", locks[0], locks[3]);
    nest_by("others", locks[2], locks[4]);
  }
  expect_none();
}

TEST_F(lock_order, two_locks_in_both_orders_are_reported_with_both_threads_and_stacks) {
  mutex first("first"), second("second");
  nest_by("task A", first, second);
  expect_none();
  nest_by("task B", second, first);
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::inversion);
  EXPECT_EQ(found.certainty, lock_certainty::possible);
  ASSERT_EQ(found.steps.size(), 2u);
  EXPECT_EQ(found.steps[0].held, "second");
  EXPECT_EQ(found.steps[0].wanted, "first");
  EXPECT_EQ(found.steps[0].thread, "task B");
  EXPECT_EQ(found.steps[1].held, "first");
  EXPECT_EQ(found.steps[1].wanted, "second");
  EXPECT_EQ(found.steps[1].thread, "task A");
  for (const auto& each : found.steps) {
    ASSERT_GT(each.stack.size(), 3u);
    EXPECT_NE(each.stack.back().find("+0x"), std::string::npos) << each.stack.back();
  }
  EXPECT_NE(found.text().find("1. thread 'task B', now: 'first' while it holds 'second'"), std::string::npos)
      << found.text();
}

TEST_F(lock_order, an_interpreter_says_whose_threads_and_what_code_they_run) {
  static const char* script = nullptr;
  static constexpr plait::lock_order_callers nobody;
  static constexpr plait::lock_order_callers interpreter{
      .stack =
          [](void** places, int most) {
            if (script == nullptr || most < 2) return 0;
            places[0] = const_cast<char*>(script);
            places[1] = const_cast<char*>("main");
            return 2;
          },
      .line = [](void* place) { return std::string("line of ") + static_cast<const char*>(place); },
      .thread = [] { return std::string(script != nullptr ? "thread that reads a script" : ""); },
  };
  plait::lock_order::describe_callers(interpreter);
  mutex first("interpreter's first"), second("interpreter's second");
  script = "a.script";
  nest_by("task A", first, second);
  script = nullptr;  // and one that runs no script
  nest_by("task B", second, first);
  plait::lock_order::describe_callers(nobody);
  const lock_order_report found = only();
  ASSERT_EQ(found.steps.size(), 2u);
  EXPECT_EQ(found.steps[0].thread, "task B");
  EXPECT_NE(found.steps[0].stack.back().find("+0x"), std::string::npos);
  EXPECT_EQ(found.steps[1].thread, "thread that reads a script");
  EXPECT_EQ(found.steps[1].stack, (std::vector<std::string>{"line of a.script", "line of main"}));
}

// A call that is the last thing in a function may be made without the function's own frame.
void is_not_the_last_thing_here() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
[[gnu::noinline]] void function_of_the_first_order(mutex& first, mutex& second) {
  nest(first, second);
  is_not_the_last_thing_here();
}
[[gnu::noinline]] void function_of_the_second_order(mutex& first, mutex& second) {
  nest(second, first);
  is_not_the_last_thing_here();
}

TEST_F(lock_order, stacks_name_functions_that_only_the_linker_knows) {
  mutex first, second;
  by_thread("one", [&] {
    function_of_the_first_order(first, second);
    is_not_the_last_thing_here();
  });
  by_thread("two", [&] {
    function_of_the_second_order(first, second);
    is_not_the_last_thing_here();
  });
  const std::string text = only().text();
  EXPECT_LT(text.find("function_of_the_second_order"), text.find("function_of_the_first_order")) << text;
  EXPECT_NE(text.find("function_of_the_first_order"), std::string::npos) << text;
}

TEST_F(lock_order, the_report_comes_before_the_wait) {
  const watchdog limit("a report that comes after the wait");
  mutex first("held"), second("wanted");
  nest_by("one", first, second);
  std::atomic<bool> is_reported = false;
  plait::lock_order::on_report([&](const lock_order_report&) { is_reported = true; });
  first.lock();
  std::jthread other([&] { nest(second, first); });
  while (!is_reported) std::this_thread::yield();
  first.unlock();
}

TEST_F(lock_order, cycles_of_three_and_of_five_are_found_at_the_last_edge) {
  for (const std::size_t length : {3u, 5u}) {
    std::vector<mutex> locks(length);
    for (std::size_t i = 0; i + 1 != length; ++i) nest_by("order", locks[i], locks[i + 1]);
    expect_none();
    nest_by("last", locks[length - 1], locks[0]);
    const lock_order_report found = only();
    EXPECT_EQ(found.problem, lock_problem::inversion);
    EXPECT_EQ(found.steps.size(), length);
    for (std::size_t i = 0; i != length; ++i)
      EXPECT_EQ(found.steps[i].wanted, found.steps[(i + 1) % length].held) << "each step leads to the next";
  }
}

TEST_F(lock_order, a_cycle_is_reported_once) {
  mutex first, second;
  nest_by("one", first, second);
  for (int i = 0; i != 10; ++i) nest_by("two", second, first);
  EXPECT_EQ(reports().size(), 1u);
}

TEST_F(lock_order, locks_far_down_the_stack_count) {
  std::vector<mutex> locks(100);  // more than a fixed array would hold
  by_thread("deep", [&] {
    for (mutex& each : locks) each.lock();
    for (mutex& each : locks) each.unlock();
  });
  nest_by("back", locks[99], locks[0]);
  EXPECT_EQ(only().steps.size(), 2u);
}

TEST_F(lock_order, locks_are_released_in_any_order) {
  mutex a("a"), b("b"), c("c");
  by_thread("hand over hand", [&] {
    a.lock();
    b.lock();
    a.unlock();
    c.lock();
    b.unlock();
    c.unlock();
  });
  nest_by("c and a", c, a);
  EXPECT_EQ(only().steps.size(), 3u) << "a before b and b before c, but never a before c";
}

TEST_F(lock_order, a_lock_at_the_address_of_an_old_one_has_no_order_yet) {
  mutex other;
  std::optional<mutex> lock;
  for (int i = 0; i != 20; ++i) {
    lock.emplace();
    if (i % 2 == 0) {
      nest_by("one", *lock, other);
    } else {
      nest_by("two", other, *lock);
    }
  }
  expect_none();
}

TEST_F(lock_order, a_lock_that_has_gone_connects_nobody) {
  mutex first, second;
  {
    mutex between;
    nest_by("one", first, between);
    nest_by("two", between, second);
  }
  nest_by("three", second, first);
  expect_none();
}

// -- what is no deadlock --

TEST_F(lock_order, one_thread_alone_is_not_reported_until_another_one_does_it) {
  mutex first, second;
  by_thread("alone", [&] {
    nest(first, second);
    nest(second, first);
  });
  expect_none();
  nest_by("another", first, second);
  EXPECT_EQ(only().certainty, lock_certainty::possible);
}

TEST_F(lock_order, threads_that_a_third_lock_keeps_apart_are_not_reported_until_one_does_without) {
  mutex gate, first, second;
  nest_by("one", gate, first, second);
  nest_by("two", gate, second, first);
  expect_none();
  nest_by("three", first, second);
  EXPECT_EQ(only().certainty, lock_certainty::possible);
}

TEST_F(lock_order, a_lock_that_was_released_meanwhile_keeps_nobody_apart) {
  mutex gate, first, second;
  by_thread("one", [&] {
    nest(gate, first, second);
    nest_by("two", gate, second, first);
    expect_none();
    gate.lock();
    first.lock();
    gate.unlock();
    nest(second);
    first.unlock();
  });
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

TEST_F(lock_order, what_is_unlikely_is_reported_if_it_is_wanted) {
  plait::lock_order::report_from(lock_certainty::unlikely);
  mutex first, second;
  by_thread("alone", [&] {
    nest(first, second);
    nest(second, first);
  });
  EXPECT_EQ(only().certainty, lock_certainty::unlikely);
}

TEST_F(lock_order, a_lock_that_is_only_tried_waits_for_nobody) {
  mutex first, second, third;
  nest_by("one", first, second);
  by_thread("two", [&] {
    second.lock();
    EXPECT_TRUE(first.try_lock());
    first.unlock();
    second.unlock();
  });
  expect_none();
  by_thread("three", [&] {
    ASSERT_TRUE(third.try_lock());
    nest(first);
    third.unlock();
  });
  nest_by("four", first, third);
  EXPECT_EQ(reports().size(), 1u) << "who waits while it holds what it has tried";
}

TEST_F(lock_order, a_timed_attempt_gives_up_by_itself) {
  checked<std::timed_mutex> first, second;
  nest_by("one", first, second);
  by_thread("two", [&] {
    second.lock();
    EXPECT_TRUE(first.try_lock_for(1ms));
    first.unlock();
    EXPECT_TRUE(first.try_lock_until(std::chrono::steady_clock::now() + 1ms));
    first.unlock();
    second.unlock();
  });
  expect_none();
}

TEST_F(lock_order, locks_that_are_taken_all_at_once_may_come_in_any_order) {
  mutex first, second, third;
  by_thread("one", [&] { const std::scoped_lock all(first, second, third); });
  by_thread("two", [&] { const std::scoped_lock all(third, second, first); });
  expect_none();
}

TEST_F(lock_order, a_million_acquisitions_in_order_are_not_reported) {
  constexpr int threads = 4, rounds = 50'000;
  std::array<mutex, 5> locks;
  std::vector<std::jthread> running;
  for (int t = 0; t != threads; ++t)
    running.emplace_back([&] {
      for (int i = 0; i != rounds; ++i) nest(locks[0], locks[1], locks[2], locks[3], locks[4]);
    });
  running.clear();
  expect_none();
}

// -- names, ranks, leaves --

TEST_F(lock_order, locks_of_one_name_are_one_class) {
  mutex accounts("account of one class"), more("account of one class"), log("log of one class");
  nest_by("one", accounts, log);
  nest_by("two", log, more);
  const lock_order_report found = only();
  ASSERT_EQ(found.steps.size(), 2u);
  EXPECT_EQ(found.steps[0].wanted, "account of one class");
}

TEST_F(lock_order, two_locks_of_one_class_have_no_order) {
  mutex mine("account of a pair"), yours("account of a pair");
  nest_by("transfer", mine, yours);
  EXPECT_EQ(only().problem, lock_problem::same_class);
  by_thread("both", [&] { const std::scoped_lock both(mine, yours); });
  expect_none();
}

TEST_F(lock_order, a_gate_of_many_locks_keeps_nobody_apart) {
  mutex gate("gate of many"), other_gate("gate of many"), first, second;
  nest_by("one", gate, first, second);
  nest_by("two", other_gate, second, first);
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

TEST_F(lock_order, a_rank_that_is_not_above_those_held_fails_at_once) {
  mutex low("low", plait::lock_rank(10)), high("high", plait::lock_rank(20)),
      same("same", plait::lock_rank(20));
  nest_by("up", low, high);
  expect_none();
  nest_by("down", high, low);
  const auto found = reports();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().problem, lock_problem::rank);
  nest_by("level", high, same);
  EXPECT_EQ(only().problem, lock_problem::rank);
}

TEST_F(lock_order, locks_of_one_class_are_taken_in_the_order_of_their_keys) {
  std::vector<std::unique_ptr<mutex>> accounts;
  for (const int key : {-5, 0, 7, 9})
    accounts.push_back(std::make_unique<mutex>("keyed", plait::lock_key(key)));
  for (int i = 0; i != 2; ++i) nest_by("up", *accounts[0], *accounts[1], *accounts[2], *accounts[3]);
  nest_by("up", *accounts[0], *accounts[3]);
  expect_none();
  nest_by("down", *accounts[2], *accounts[1]);
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::key);
  EXPECT_NE(found.text().find("'keyed[0]' is taken under 'keyed[7]', whose key is not lower"),
            std::string::npos)
      << found.text();
}

TEST_F(lock_order, keys_count_of_all_locks_that_are_held_and_not_of_the_last_alone) {
  mutex low("keys below", plait::lock_key(1)), middle("keys below", plait::lock_key(2)),
      high("keys below", plait::lock_key(3));
  by_thread("one", [&] {
    nest(low, middle, high);  // so that three locks of this class, one under the other, are known
    expect_none();
    const std::lock_guard held(high);
    const std::unique_lock tried(low, std::try_to_lock);
    EXPECT_TRUE(tried.owns_lock());
    nest(middle);
  });
  EXPECT_EQ(only().problem, lock_problem::key);
}

TEST_F(lock_order, two_locks_of_one_key_are_in_no_order) {
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  mutex one("key twice", plait::lock_key(1)), another("key twice", plait::lock_key(1));
  const std::lock_guard held(one);
  for (int i = 0; i != 3; ++i) EXPECT_THROW(another.lock(), plait::lock_order_error);
  for (const lock_order_report& each : reports()) EXPECT_EQ(each.problem, lock_problem::key);
  EXPECT_TRUE(another.try_lock());
  another.unlock();
}

TEST_F(lock_order, a_lock_without_a_key_has_no_place_among_those_with_keys) {
  mutex low("some have keys", plait::lock_key(1)), high("some have keys", plait::lock_key(2)),
      without("some have keys"), another("some have keys");
  nest_by("up", low, high);
  expect_none();
  nest_by("up", without, another);
  EXPECT_EQ(only().problem, lock_problem::same_class);
  nest_by("mixed", low, without);
}

TEST_F(lock_order, a_lock_with_a_key_that_its_holder_takes_again_is_reported) {
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  mutex lock("key again", plait::lock_key(1)), next("key again", plait::lock_key(2));
  nest_by("up", lock, next);
  const std::lock_guard held(lock);
  EXPECT_THROW(lock.lock(), plait::lock_order_error);
  EXPECT_EQ(only().problem, lock_problem::relock);
}

TEST_F(lock_order, classes_of_locks_with_keys_have_an_order_among_each_other) {
  mutex account("keyed account", plait::lock_key(1)), log("log of keyed accounts");
  nest_by("one", account, log);
  nest_by("two", log, account);
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

TEST_F(lock_order, nothing_is_taken_under_a_leaf) {
  mutex log("leaf", plait::leaf_lock), other("under the leaf");
  nest_by("up", other, log);
  expect_none();
  nest_by("down", log, other);
  EXPECT_EQ(only().problem, lock_problem::leaf);
}

// -- any lock --

TEST_F(lock_order, a_condition_variable_waits_with_a_checked_mutex) {
  mutex lock;
  std::condition_variable_any changed;
  bool is_set = false;
  std::jthread setter([&] {
    const std::lock_guard guard(lock);
    is_set = true;
    changed.notify_one();
  });
  std::unique_lock guard(lock);
  changed.wait(guard, [&] { return is_set; });
  guard.unlock();
  expect_none();
}

TEST_F(lock_order, shared_timed_mutexes_have_all_their_operations) {
  checked<std::shared_timed_mutex> lock;
  EXPECT_TRUE(lock.try_lock_shared_for(1ms));
  lock.unlock_shared();
  EXPECT_TRUE(lock.try_lock_shared_until(std::chrono::steady_clock::now()));
  by_thread("writer", [&] { EXPECT_FALSE(lock.try_lock_for(1ms)); });
  lock.unlock_shared();
  EXPECT_TRUE(lock.try_lock());
  by_thread("reader", [&] { EXPECT_FALSE(lock.try_lock_shared()); });
  lock.unlock();
  expect_none();
}

TEST_F(lock_order, locks_of_plait_may_be_checked_and_be_taken_all_at_once) {
  checked<plait::mutex> first, second;
  checked<plait::recursive_mutex> again;
  by_thread("one", [&] { const auto all = plait::lock_all(first, second, again); });
  by_thread("two", [&] {
    const auto all = plait::lock_all(again, second, first);
    const std::lock_guard once_more(again);
  });
  expect_none();
  std::stop_source stop;
  by_thread("stopped", [&] {
    const std::lock_guard held(first);
    EXPECT_TRUE(second.lock(stop.get_token()));
    second.unlock();
  });
  by_thread("three", [&] {
    const std::lock_guard held(second);
    stop.request_stop();
    by_thread("four", [&] { EXPECT_FALSE(second.lock(stop.get_token())); });
    first.lock();
    first.unlock();
  });
  EXPECT_EQ(only().problem, lock_problem::inversion);
}

TEST_F(lock_order, without_checks_it_is_the_mutex_itself) {
  using unchecked = checked<std::mutex, false>;
  static_assert(sizeof(unchecked) == sizeof(std::mutex) && std::is_base_of_v<std::mutex, unchecked>);
  unchecked first("first", plait::lock_rank(2)), second("second", plait::lock_rank(1));
  nest_by("one", first, second);
  nest_by("two", second, first);
  expect_none();
}

constinit mutex made_before_main("static", plait::lock_rank(1));

TEST_F(lock_order, a_static_lock_is_made_before_main) {
  nest(made_before_main);
  expect_none();
}

TEST_F(lock_order, a_child_of_fork_goes_on_checking) {
  mutex first("before the fork"), second("after the fork");
  nest_by("one", first, second);
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    nest(second, first);
    _exit(reports().size() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  expect_none();
}

}  // namespace
