// SPDX-License-Identifier: MIT
// Whatever ends a scenario ends in a trace and in a token that replays it, and a crash ends the process as it
// would have without the checker.
#undef NDEBUG
#include <array>
#include <cassert>
#include <csignal>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <verify/verify.hpp>

namespace {

using verify::atomic;
using verify::check;
using verify::threads;

// Crashes if the second thread sees the first one's store.
verify::body if_the_store_is_seen(void (*crash)()) {
  return [crash] {
    atomic<bool> stored = false;
    verify::name(stored, "stored");
    threads([&] { stored.store(true); },
            [&] {
              if (stored.load()) crash();
            });
  };
}

// volatile: the compiler sees neither the zero nor the null.
int volatile zero = 0;
int* volatile nowhere = nullptr;

[[gnu::noinline]] int endless(int depth) {
  int volatile room[1000] = {};
  room[0] = depth;
  return zero == 1 ? depth : endless(depth + 1) + room[0];
}

const std::string report =
    "T2: .*this execution: VERIFY_REPLAY='.*T1 store stored seq_cst = 1 .*T2 load stored seq_cst = 1 .*"
    "failure: T2: ";

TEST(crash_death, of_a_null_pointer) {
  EXPECT_EXIT(verify::explore(if_the_store_is_seen([] { *nowhere = 1; })), testing::KilledBySignal(SIGSEGV),
              report + "segmentation fault \\(SIGSEGV\\)\nagain: VERIFY_REPLAY='");
}

TEST(crash_death, of_a_division_by_zero) {
  EXPECT_EXIT(verify::explore(if_the_store_is_seen([] { zero = 7 / zero; })), testing::KilledBySignal(SIGFPE),
              report + "arithmetic error \\(SIGFPE\\)");
}

TEST(crash_death, of_abort) {
  EXPECT_EXIT(verify::explore(if_the_store_is_seen([] { std::abort(); })), testing::KilledBySignal(SIGABRT),
              report + "abort \\(SIGABRT\\)");
}

void fail_an_assertion() {
  const int size = zero + 2, capacity = 1;
  assert(size <= capacity);
}

TEST(crash_death, of_an_assertion) {
  EXPECT_EXIT(verify::explore(if_the_store_is_seen(fail_an_assertion)), testing::KilledBySignal(SIGABRT),
              "size <= capacity.*" + report + "abort \\(SIGABRT\\)");
}

TEST(crash_death, of_a_stack_that_overflows) {
  EXPECT_EXIT(verify::explore(if_the_store_is_seen([] { zero = endless(0); })),
              testing::KilledBySignal(SIGSEGV), report + "stack overflow: a thread of a scenario has 256 KiB");
}

TEST(crash_death, is_replayed_by_its_token) {
  const auto scenario = if_the_store_is_seen([] { std::abort(); });
  EXPECT_EXIT(verify::replay(scenario, "0"), testing::KilledBySignal(SIGABRT), report + "abort");
  EXPECT_TRUE(verify::replay(scenario, "1"));
}

TEST(crash_death, outside_of_a_scenario_is_what_it_was) {
  EXPECT_EXIT(
      {
        static_cast<void>(verify::explore([] {}));
        std::abort();
      },
      testing::KilledBySignal(SIGABRT), "^$");
}

TEST(crash, handlers_are_put_back) {
  const auto before = std::signal(SIGSEGV, SIG_IGN);
  static_cast<void>(verify::explore([] {}));
  EXPECT_EQ(std::signal(SIGSEGV, before), SIG_IGN);
}

// The failure and the trace of a scenario that fails, and again when its token is replayed.
verify::report failing(const verify::body& scenario) {
  const verify::report found = verify::explore(scenario);
  EXPECT_FALSE(found);
  const verify::report again = verify::replay(scenario, found.token);
  EXPECT_EQ(again.failure, found.failure);
  EXPECT_EQ(again.trace, found.trace);
  return found;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(trace, names_both_sides_of_a_race_with_their_lines) {
  const verify::report found = failing([] {
    verify::plain<int> data = 0;
    verify::name(data, "data");
    threads([&] { data.write(1); },  // here
            [&] { static_cast<void>(data.read()); });
  });
  const std::string here = "crashes_death.model.cpp:" + std::to_string(__LINE__ - 3);
  const std::string there = "crashes_death.model.cpp:" + std::to_string(__LINE__ - 3);
  EXPECT_EQ(found.failure, "T2: data race: nothing orders the write of data by T1 at " + here +
                               " before this read (" + there + ")");
  EXPECT_TRUE(contains(found.trace, "T1 write data = 1")) << found;
  EXPECT_TRUE(contains(found.trace, "T2 read data")) << found;
  EXPECT_TRUE(found.events.back().at_fault);
}

TEST(trace, of_a_lost_wake_up_a_leak_and_a_broken_promise_has_a_token_that_replays_it) {
  const verify::report lost = failing([] {
    atomic<bool> ready = false;
    threads([&] { ready.wait(false); }, [&] { ready.notify_one(), ready.store(true); });
  });
  EXPECT_TRUE(contains(lost.failure, "lost wake-up or deadlock: T1 sleeps at")) << lost;
  const verify::report leak = failing([] {
    atomic<int*> shared = nullptr;
    threads([&] { shared.store(new int(1)); }, [&] { delete shared.exchange(nullptr); });
  });
  EXPECT_TRUE(contains(leak.failure, "memory leak: 1 of 1")) << leak;
  const verify::report broken = failing([] {
    atomic<int> x = 0;
    threads([&] { x.store(1); }, [&] { check(x.load() == 0, "it stays 0"); });
  });
  EXPECT_TRUE(contains(broken.failure, "T2: it stays 0")) << broken;
}

TEST(trace, says_which_event_wrote_what_another_one_reads_and_which_one_woke_it) {
  const verify::report found = failing([] {
    atomic<int> ready = 0;
    threads([&] { ready.wait(0); }, [&] { ready.store(1), ready.notify_one(); });
    check(ready.load() == 2);
  });
  const auto& events = found.events;
  const auto last = events.back();
  ASSERT_TRUE(last.from.has_value()) << found;
  EXPECT_TRUE(events[*last.from].what.starts_with("store")) << found;
  bool woken = false;
  for (const verify::trace_event& each : events)
    if (each.what.starts_with("woken")) woken = each.from && events[*each.from].what.starts_with("wakes T1");
  EXPECT_TRUE(woken) << found;
}

TEST(trace, says_who_freed_what_is_used) {
  const verify::report found = failing([] {
    auto* const shared = new atomic<int>(0);
    verify::name(*shared, "shared");
    atomic<bool> freed = false;
    threads(
        [&] {
          delete shared;
          freed = true;
        },
        [&] {
          if (freed) static_cast<void>(shared->load());
        });
  });
  EXPECT_TRUE(contains(found.failure, "use after free")) << found;
  EXPECT_TRUE(contains(found.trace, "T1 frees " + std::to_string(sizeof(atomic<int>)) + " bytes")) << found;
}

TEST(trace, numbers_the_elements_of_an_array) {
  const verify::report found = failing([] {
    std::array<verify::plain<int>, 2> slots;
    verify::name(slots, "slots");
    slots[1] = 7;
    check(slots[1] == 8);
  });
  EXPECT_TRUE(contains(found.trace, "T0 write slots[1] = 7")) << found;
}

}  // namespace
