// SPDX-License-Identifier: MIT
// What a scenario may do, and how threads, deadlines, locks and memory behave in its executions.
#include <chrono>
#include <cstdint>
#include <cstring>
#include <new>
#include <stop_token>
#include <utility>

#include <gtest/gtest.h>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/search_results.hpp"

namespace {

using model::expect_clean;
using model::expect_failure;
using verify::check;
using verify::threads;
using namespace verify::sync;
using verify::sync::atomic;

TEST(scenarios, threads_can_be_started_one_by_one) {
  expect_clean([] {
    verify::plain<int> value(0);
    verify::jthread first([&] { value.write(1); });
    first.join();
    verify::jthread second([&] { value.write(value.read() + 1); });
    second.join();
    check(value.read() == 2);
  });
}

int ended;

void note_end() noexcept {
  ++ended;
}

TEST(scenarios, threads_have_state_of_their_own_and_hooks_at_their_end) {
  struct own {
    int value = 0;
  };
  expect_clean([] {
    ended = 0;
    const auto use = [] {
      check(per_thread<own>().value++ == 0, "a thread begins with a fresh value");
      at_thread_exit<&note_end>();
    };
    threads(use, use);
    check(ended == 2);
  });
}

TEST(scenarios, lets_threads_that_wait_actively_be_overtaken) {
  expect_clean([] {
    atomic<bool> ready{false};
    threads(
        [&] {
          while (!ready.load(acquire)) yield();
        },
        [&] {
          while (!ready.load(acquire)) {
          }
        },
        [&] { ready.store(true, release); });
  });
}

TEST(scenarios, lets_a_scenario_set_free_whoever_waits_for_nobody) {
  bool had_to = false;
  expect_clean([&] {
    atomic<std::uint32_t> permits{0};
    int taken = 0;
    const auto take = [&] {
      std::uint32_t seen = permits.load(acquire);
      while (seen == 0 || !permits.compare_exchange_strong(seen, seen - 1, acquire)) {
        if (seen == 0) futex_wait(permits, 0, nullptr);
        seen = permits.load(acquire);
      }
      ++taken;
    };
    const auto give = [&] { permits.fetch_add(1, release), futex_wake(permits, 1); };
    verify::threads_until_standstill(
        [&] {
          check(taken == 1, "one of the two got what there was");
          had_to = true;
          give();
        },
        take, take, give);
    check(taken == 2);
  });
  EXPECT_TRUE(had_to);
}

TEST(scenarios, deadlines_come_early_late_or_when_nothing_else_can_happen) {
  bool in_time = false, too_late = false;
  expect_clean([&] {
    atomic<std::uint32_t> word{0};
    const clock::time_point deadline = clock::now() + std::chrono::seconds(1);
    threads(
        [&] {
          while (word.load(acquire) == 0) {
            if (futex_wait(word, 0, &deadline) != futex_result::timed_out) continue;
            too_late = true;
            check(clock::now() >= deadline);
            return;
          }
          in_time = true;
        },
        [&] {
          word.store(1, release);
          futex_wake(word, 1);
        });
  });
  EXPECT_TRUE(in_time);
  EXPECT_TRUE(too_late);
}

TEST(scenarios, a_sleeper_whose_deadline_is_earlier_never_slept_on_while_another_one_timed_out) {
  bool sleeps_on = false;
  const verify::report found = verify::explore(
      [&] {
        atomic<std::uint32_t> first{0}, second{0};
        const clock::time_point earlier = clock::now() + std::chrono::seconds(1);
        const clock::time_point later = earlier + std::chrono::seconds(1);
        bool has_timed_out = false, has_woken = false;
        threads([&] { has_woken = futex_wait(first, 0, &earlier) == futex_result::woken; },
                [&] {
                  has_timed_out = futex_wait(second, 0, &later) == futex_result::timed_out;
                  if (has_timed_out) futex_wake(first, 1);
                });
        sleeps_on = sleeps_on || (has_woken && has_timed_out);
      },
      {.spurious_events = 0});
  EXPECT_TRUE(found.complete) << found;
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(sleeps_on);
}

// A callback that has been called is over when its stop_callback ends, and what it used may end too.
TEST(scenarios, lets_what_a_stop_callback_used_end_after_it) {
  expect_clean([] {
    std::stop_source stop;
    threads(
        [&] {
          for (int i = 0; i != 2; ++i) {
            atomic<int> stopped{0};
            const auto tell = [&] { stopped.store(1, relaxed); };
            const std::stop_callback<decltype(tell)> on_stop(stop.get_token(), tell);
            stopped.fetch_add(2, relaxed);
          }
        },
        [&] { verify::request_stop(stop); });
  });
}

TEST(scenarios, lets_try_lock_fail_for_no_reason) {
  bool failed = false;
  expect_clean([&] {
    mutex guard;
    if (guard.try_lock()) {
      guard.unlock();
    } else {
      failed = true;
    }
  });
  EXPECT_TRUE(failed);
}

TEST(scenarios, lets_every_allocation_fail_in_turn) {
  unsigned failures = 0;
  const verify::report found = verify::fail_allocations(
      [&] {
        try {
          ::operator delete(::operator new(1));  // a new-expression might be optimised away
          ::operator delete(::operator new(1));
        } catch (const std::bad_alloc&) {
          ++failures;
        }
      },
      {.depth_first = 1, .priorities = 0, .random = 0});
  EXPECT_TRUE(found) << found;
  EXPECT_EQ(failures, 2u);
  EXPECT_FALSE(verify::fail_allocations([] { ::operator delete(::operator new(1)); }));
}

TEST(scenarios, gives_out_again_the_address_of_what_was_freed) {
  const auto reused = [](unsigned times) {
    bool again = false;
    EXPECT_TRUE(verify::explore(
        [&] {
          auto* first = new atomic<int>(1);
          volatile const auto place = reinterpret_cast<std::uintptr_t>(first);
          delete std::exchange(first, nullptr);
          auto* const second = new atomic<int>(2);
          again = again || reinterpret_cast<std::uintptr_t>(second) == place;
          check(second->load(relaxed) == 2);
          delete second;
        },
        {.reused_addresses = times}));
    return again;
  };
  EXPECT_TRUE(reused(1));
  EXPECT_FALSE(reused(0));
}

TEST(scenarios, compares_values_and_not_their_padding) {
  struct padded {
    std::uint8_t small;
    std::uint32_t large;
  };
  const auto made = [](unsigned char filling) {
    padded value;
    std::memset(static_cast<void*>(&value), filling, sizeof value);
    value.small = 1;
    value.large = 2;
    return value;
  };
  expect_clean([&] {
    atomic<padded> value{made(0x55)};
    padded expected = made(0xaa);
    check(value.compare_exchange_strong(expected, made(0), relaxed), "equal values are exchanged");
  });
  atomic<padded> outside{made(0x55)};
  padded expected = made(0xaa);
  EXPECT_TRUE(outside.compare_exchange_strong(expected, made(0), relaxed));
}

TEST(scenarios, a_static_atomic_begins_each_execution_with_its_first_value) {
  static constinit atomic<int> count{5};
  expect_clean([] {
    threads([] { count.fetch_add(1, relaxed); }, [] { count.fetch_add(1, relaxed); });
    check(count.load(relaxed) == 7);
  });
}

TEST(scenarios, an_execution_begins_with_membarrier_even_after_one_that_ended_without) {
  expect_failure([] { has_process_wide_fence = false, check(false); }, "check failed");
  expect_clean([] { check(has_process_wide_fence); });
}

}  // namespace
