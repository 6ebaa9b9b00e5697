// SPDX-License-Identifier: MIT
// What the checker detects besides wrong memory orders, and its messages.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <verify/history/fifo_monitor.hpp>
#include <verify/history/linearizability.hpp>
#include <verify/mutation.hpp>
#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>
#include <verify/seam.hpp>

namespace {

using verify::check;
using verify::threads;
using namespace verify::sync;
using verify::sync::atomic;

// The failure of a scenario; empty if it has none.
std::string failure_of(const verify::body& scenario) {
  return verify::explore(scenario).failure;
}

void expect_failure(const verify::body& scenario, const std::string& expected) {
  const verify::report found = verify::explore(scenario);
  EXPECT_NE(found.failure.find(expected), std::string::npos) << found;
}

TEST(verify, finds_a_lost_wake_up) {
  expect_failure(
      [] {
        atomic<std::uint32_t> ready{0};
        threads(
            [&] {
              if (ready.load(seq_cst) == 0) futex_wait(ready, 0, nullptr);
            },
            [&] { futex_wake(ready, 1), ready.store(1, seq_cst); });
      },
      "lost wake-up or deadlock: T1 sleeps at");
}

TEST(verify, finds_a_deadlock_of_two_mutexes) {
  expect_failure(
      [] {
        mutex a, b;
        threads(
            [&] {
              const std::scoped_lock first(a);
              const std::scoped_lock second(b);
            },
            [&] {
              const std::scoped_lock first(b);
              const std::scoped_lock second(a);
            });
      },
      "waits for a mutex");
}

TEST(verify, finds_a_mutex_locked_twice) {
  expect_failure(
      [] {
        mutex a;
        a.lock();
        a.lock();
      },
      "locked again");
}

TEST(verify, finds_threads_that_wait_actively_for_ever) {
  expect_failure(
      [] {
        atomic<bool> never{false};
        threads([&] {
          while (!never.load(acquire)) yield();
        });
      },
      "no end after");
}

TEST(verify, counts_the_uses_of_plain_data_only_so_far) {
  const auto write = [](int times) {
    return [times] {
      verify::plain<int> place(0);
      for (int i = 0; i != times; ++i) place.write(i);
    };
  };
  const verify::options once{.depth_first = 1, .priorities = 0, .random = 0};
  EXPECT_TRUE(verify::explore(write(32'000), once));
  const verify::report found = verify::explore(write(33'000), once);
  EXPECT_NE(found.failure.find("too long"), std::string::npos) << found;
}

TEST(verify, lets_threads_that_wait_actively_be_overtaken) {
  EXPECT_EQ(failure_of([] {
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
            }),
            "");
}

TEST(verify, finds_a_use_after_free) {
  expect_failure(
      [] {
        auto* const value = new atomic<int>(0);
        threads([&] { value->load(relaxed); }, [&] { delete value; });
      },
      "freed");
}

TEST(verify, finds_a_free_that_nothing_orders_after_the_last_use) {
  const auto release_by = [](memory_order order) {
    return [order] {
      struct counted {
        atomic<int> references{2};
        atomic<int> value{0};
      };
      auto* const shared = new counted;
      const auto use_and_release = [&] {
        shared->value.store(1, relaxed);
        if (shared->references.fetch_sub(1, order) == 1) delete shared;
      };
      threads(use_and_release, use_and_release);
    };
  };
  EXPECT_EQ(failure_of(release_by(acq_rel)), "");
  expect_failure(release_by(release), "nothing orders the use");
  expect_failure(release_by(relaxed), "nothing orders the use");
}

TEST(verify, finds_a_double_free) {
  expect_failure(
      [] {
        void* volatile const memory = ::operator new(1);  // volatile: the compiler would warn of the bug
        ::operator delete(memory);
        ::operator delete(memory);
      },
      "double free");
}

TEST(verify, finds_a_leak) {
  expect_failure([] { [[maybe_unused]] void* volatile const lost = ::operator new(1); }, "memory leak: 1 of 1");
}

TEST(verify, finds_an_object_used_before_its_construction_or_after_its_end) {
  expect_failure(
      [] {
        storage<int> room;
        room.read();
      },
      "no object is alive");
  expect_failure(
      [] {
        storage<int> room;
        room.construct(1);
        room.destroy();
        room.write() = 2;
      },
      "no object is alive");
  expect_failure(
      [] {
        storage<int> room;
        room.construct(1);
        room.construct(1);
      },
      "alive already");
}

TEST(verify, lets_a_scenario_set_free_whoever_waits_for_nobody) {
  bool had_to = false;
  const verify::report found = verify::explore([&] {
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
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(had_to);
}

TEST(verify, explores_steps_that_have_nothing_to_do_with_each_other_in_one_order) {
  const auto executions = [](bool reduced) {
    const verify::report found = verify::explore(
        [] {
          atomic<int> x{0}, y{0};
          threads([&] { x.store(1, relaxed), x.store(2, relaxed); },
                  [&] { y.store(1, relaxed), y.store(2, relaxed); });
        },
        {.priorities = 0, .random = 0, .reduced = reduced});
    EXPECT_TRUE(found.complete);
    return found.executions;
  };
  EXPECT_LT(executions(true), executions(false));
}

TEST(verify, does_not_call_a_search_complete_that_ran_out_of_time) {
  const auto search = [](double seconds) {
    return verify::explore(
        [] {
          atomic<int> x{0};
          threads([&] { x.store(1, relaxed); }, [&] { x.store(2, relaxed); });
        },
        {.seconds = seconds, .scaled = false});
  };
  EXPECT_TRUE(search(1000).complete);
  const verify::report ended = search(0);
  EXPECT_TRUE(ended.passed());
  EXPECT_FALSE(ended.complete);
  EXPECT_EQ(ended.complete_preemptions, -1);
}

TEST(verify, reports_an_exception_that_leaves_a_thread) {
  expect_failure([] { threads([] { throw std::runtime_error("oh"); }); }, "an exception left the thread: oh");
}

void throw_something() {
  throw std::runtime_error("oh");
}

TEST(verify, reports_terminate) {
  expect_failure([] { threads([]() noexcept { throw_something(); }); }, "std::terminate was called");
}

TEST(verify, lets_every_allocation_fail_in_turn) {
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

TEST(verify, a_frozen_thread_holds_up_others_only_if_they_take_a_lock) {
  const auto counting = [](bool locked) {
    return [locked] {
      atomic<int> count{0};
      mutex guard;
      const auto add = [&] {
        if (locked) {
          const std::lock_guard held(guard);
          count.store(count.load(relaxed) + 1, relaxed);
        } else {
          int seen = count.load(relaxed);
          while (!count.compare_exchange_weak(seen, seen + 1, relaxed)) {
          }
        }
      };
      threads(add, add);
    };
  };
  const verify::report free = verify::freeze(counting(false), 1);
  EXPECT_TRUE(free) << free;
  const verify::report locked = verify::freeze(counting(true), 1);
  EXPECT_NE(locked.failure.find("not lock-free"), std::string::npos) << locked;
}

TEST(verify, a_token_replays_its_failure) {
  const verify::body scenario = [] {
    atomic<int> x{0}, y{0};
    int a = 0, b = 0;
    threads([&] { x.store(1, relaxed), a = y.load(relaxed); },
            [&] { y.store(1, relaxed), b = x.load(relaxed); });
    check(a + b != 0, "one of them sees the other");
  };
  const verify::report found = verify::explore(scenario);
  ASSERT_FALSE(found);
  const verify::report again = verify::replay(scenario, found.token);
  EXPECT_EQ(again.failure, found.failure);
  EXPECT_EQ(again.trace, found.trace);
  EXPECT_TRUE(verify::replay(scenario, "0"));
  EXPECT_THROW(verify::replay(scenario, "5*x"), std::invalid_argument);
}

TEST(verify, deadlines_come_early_late_or_when_nothing_else_can_happen) {
  bool in_time = false, too_late = false;
  const verify::report found = verify::explore([&] {
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
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(in_time);
  EXPECT_TRUE(too_late);
}

int ended;

void note_end() noexcept {
  ++ended;
}

TEST(verify, threads_have_state_of_their_own_and_hooks_at_their_end) {
  struct own {
    int value = 0;
  };
  const verify::report found = verify::explore([] {
    ended = 0;
    const auto use = [] {
      check(per_thread<own>().value++ == 0, "a thread begins with a fresh value");
      at_thread_exit<&note_end>();
    };
    threads(use, use);
    check(ended == 2);
  });
  EXPECT_TRUE(found) << found;
}

TEST(verify, threads_can_be_started_one_by_one) {
  const verify::report found = verify::explore([] {
    verify::plain<int> value(0);
    verify::jthread first([&] { value.write(1); });
    first.join();
    verify::jthread second([&] { value.write(value.read() + 1); });
    second.join();
    check(value.read() == 2);
  });
  EXPECT_TRUE(found) << found;
}

TEST(verify, a_static_atomic_begins_each_execution_with_its_first_value) {
  static constinit atomic<int> count{5};
  const verify::report found = verify::explore([] {
    threads([] { count.fetch_add(1, relaxed); }, [] { count.fetch_add(1, relaxed); });
    check(count.load(relaxed) == 7);
  });
  EXPECT_TRUE(found) << found;
}

TEST(verify, an_execution_begins_with_membarrier_even_after_one_that_ended_without) {
  expect_failure([] { has_process_wide_fence = false, check(false); }, "check failed");
  const verify::report found = verify::explore([] { check(has_process_wide_fence); });
  EXPECT_TRUE(found) << found;
}

TEST(verify, finds_plain_data_freed_while_it_is_read) {
  struct item {
    verify::plain<int> value{1};
  };
  expect_failure(
      [] {
        auto* const shared = new item;
        threads([&] { static_cast<void>(shared->value.read()); }, [&] { delete shared; });
      },
      "data race");
  // Without a destructor that could notice.
  expect_failure(
      [] {
        void* const memory = ::operator new(sizeof(item));
        auto* const shared = new (memory) item;
        threads([&] { static_cast<void>(shared->value.read()); }, [&] { ::operator delete(memory); });
      },
      "freed");
}

TEST(verify, finds_objects_made_anew_where_others_are_still_in_use) {
  expect_failure(
      [] {
        alignas(verify::plain<int>) std::byte memory[sizeof(verify::plain<int>)];
        auto* const first = new (memory) verify::plain<int>(1);
        threads([&] { static_cast<void>(first->read()); }, [&] { new (memory) verify::plain<int>(2); });
      },
      "data race");
  expect_failure(
      [] {
        alignas(atomic<int>) std::byte memory[sizeof(atomic<int>)];
        auto* const first = new (memory) atomic<int>(1);
        threads([&] { first->load(seq_cst); }, [&] { new (memory) atomic<int>(2); });
      },
      "an atomic is constructed where nothing orders the use");
}

TEST(verify, gives_out_again_the_address_of_what_was_freed) {
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

TEST(verify, compares_values_and_not_their_padding) {
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
  EXPECT_EQ(failure_of([&] {
              atomic<padded> value{made(0x55)};
              padded expected = made(0xaa);
              check(value.compare_exchange_strong(expected, made(0), relaxed), "equal values are exchanged");
            }),
            "");
  atomic<padded> outside{made(0x55)};
  padded expected = made(0xaa);
  EXPECT_TRUE(outside.compare_exchange_strong(expected, made(0), relaxed));
}

TEST(verify, refuses_orders_that_a_load_or_a_store_cannot_have) {
  // volatile: a compiler that sees the order refuses it, too.
  static const volatile memory_order wrong_load = release, wrong_store = acquire;
  expect_failure([] { atomic<int>(0).load(wrong_load); }, "a load cannot have the order release");
  expect_failure([] { atomic<int>(0).store(1, wrong_store); }, "a store cannot have the order acquire");
  expect_failure(
      [] {
        int expected = 0;
        atomic<int>(0).compare_exchange_strong(expected, 1, acq_rel, wrong_load);
      },
      "a failed compare-exchange cannot have the order release");
}

TEST(verify, lets_try_lock_fail_for_no_reason) {
  bool failed = false;
  EXPECT_EQ(failure_of([&] {
              mutex guard;
              if (guard.try_lock()) {
                guard.unlock();
              } else {
                failed = true;
              }
            }),
            "");
  EXPECT_TRUE(failed);
}

TEST(verify, reports_a_body_that_is_not_the_same_each_time) {
  unsigned runs = 0;
  const verify::report found = verify::explore(
      [&] {
        atomic<int> value{0};
        const unsigned count = ++runs % 3;
        threads(
            [&] {
              for (unsigned i = 0; i != count; ++i) value.store(1, relaxed);
            },
            [&] { value.load(relaxed), value.load(relaxed); });
      },
      {.priorities = 0, .random = 0});
  EXPECT_NE(found.failure.find("not the same each time"), std::string::npos) << found;
}

TEST(verify, reports_a_token_that_does_not_fit) {
  const verify::body two = [] {
    atomic<int> value{0};
    threads([&] { value.store(1, relaxed); }, [&] { value.load(relaxed); });
  };
  EXPECT_NE(verify::replay(two, "7").failure.find("token does not fit"), std::string::npos);
  EXPECT_NE(verify::replay(two, "90*0,1").failure.find("token does not fit"), std::string::npos);
}

std::string in_words(const verify::report& found) {
  std::ostringstream text;
  text << found;
  return text.str();
}

TEST(verify, says_within_which_bounds_a_search_was_complete) {
  const verify::body handshake = [] {
    atomic<int> x{0}, y{0};
    threads([&] { x.store(1, relaxed), y.store(1, relaxed), y.load(relaxed); },
            [&] { y.load(relaxed), x.load(relaxed), x.store(2, relaxed); });
  };
  EXPECT_NE(in_words(verify::explore(handshake, {.preemptions = 1}))
                .find("complete up to 1 preemption, 2 old values, 1 spurious event, 1 reused address"),
            std::string::npos);
  EXPECT_NE(in_words(verify::explore(handshake, {.preemptions = 10, .stale_loads = verify::unbounded}))
                .find("complete up to any number of preemptions, any number of old values"),
            std::string::npos);
  EXPECT_EQ(in_words(verify::explore(handshake, {.depth_first = 1})).find("complete"), std::string::npos);
}

TEST(verify, searches_preemptions_alone_with_a_part_of_its_executions) {
  const verify::body many_old_values = [] {
    atomic<int> x{0}, y{0};
    const auto write_and_read = [](atomic<int>& mine, const atomic<int>& other) {
      for (int i = 1; i != 6; ++i) mine.store(i, relaxed), other.load(relaxed);
    };
    threads([&] { write_and_read(x, y); }, [&] { write_and_read(y, x); });
  };
  const verify::report found =
      verify::explore(many_old_values, {.depth_first = 3'000, .priorities = 0, .random = 0, .scaled = false});
  EXPECT_TRUE(found) << found;
  EXPECT_EQ(found.plain_preemptions, 2);
  EXPECT_LT(found.complete_preemptions, 2);
  EXPECT_NE(in_words(found).find("up to 2 preemptions alone"), std::string::npos) << found;
}

// Where a thread yields, the others go on first, or no search would end. The second thread, once it has begun,
// has to make its next step there; only by chance it does not.
TEST(verify, lets_a_thread_go_on_where_it_yields_by_chance_alone) {
  const auto shows_it = [](const verify::options& how) {
    bool shown = false;
    EXPECT_TRUE(verify::explore(
        [&] {
          atomic<int> begun{0}, x{0};
          bool is_first = false;
          int seen = 0;
          threads([&] { begun.fetch_add(1, relaxed), x.store(1, relaxed), yield(), x.store(2, relaxed); },
                  [&] { is_first = begun.fetch_add(1, relaxed) == 0, seen = x.load(relaxed); });
          shown = shown || (is_first && seen == 2);
        },
        how));
    return shown;
  };
  EXPECT_FALSE(shows_it({.priorities = 0, .random = 0, .preemptions = verify::unbounded}));
  EXPECT_TRUE(shows_it({.depth_first = 0, .priorities = 0}));
  EXPECT_TRUE(shows_it({.depth_first = 0, .random = 0}));
}

// Counts its sleepers in the word on which they sleep, and wakes none while one has been woken and has not
// looked yet. Wrong, because that one may find the lock free, take it and be gone before another falls asleep:
// on a word that is as it expects it, because meanwhile a third was counted, with a bit that says that somebody
// is awake.
class lock_with_a_count {
 public:
  void lock() {
    if ((word_.fetch_or(locked, acquire) & locked) == 0) return;
    std::uint32_t counted = 0;
    for (std::uint32_t found = word_.load(relaxed);;) {
      const bool takes = (found & locked) == 0;
      const std::uint32_t others = counted == 0 ? found : (found & ~waking) - counted;
      const std::uint32_t next = takes ? others | locked : others + one_sleeper;
      if (next != found && !word_.compare_exchange_weak(found, next, acquire, relaxed)) continue;
      if (takes) return;
      counted = one_sleeper;
      futex_wait(word_, next, nullptr);
      found = word_.load(relaxed);
    }
  }
  void unlock() {
    bool wakes = false;
    for (std::uint32_t found = word_.load(relaxed), next = 0;;) {
      wakes = found >= one_sleeper && (found & waking) == 0;
      next = (found & ~locked) | (wakes ? waking : 0);
      if (word_.compare_exchange_weak(found, next, release, relaxed)) break;
    }
    if (wakes) futex_wake(word_, 1);
  }

 private:
  static constexpr std::uint32_t locked = 1, waking = 2, one_sleeper = 4;

  atomic<std::uint32_t> word_{0};
};

// Four preemptions, which a depth-first search does not get to.
TEST(verify, finds_what_takes_many_preemptions_by_random_priorities) {
  const verify::report found = verify::explore(
      [] {
        lock_with_a_count guard;
        guard.lock();
        const auto use = [&] { guard.lock(), guard.unlock(); };
        threads([&] { guard.unlock(), use(), use(); }, [&] { use(), use(); }, use);
      },
      {.depth_first = 0, .priorities = 1'000'000, .random = 0, .scaled = false});
  EXPECT_NE(found.failure.find("lost wake-up"), std::string::npos) << found;
  std::cout << "             after " << found.executions << " executions\n";
}

// The first thread stops between two of its steps while the other spins many times, lets it go, and comes back.
TEST(verify, holds_up_a_thread_while_another_spins) {
  const verify::report found = verify::explore(
      [] {
        atomic<std::uint32_t> word{0};
        atomic<int> turns{0};
        threads(
            [&] {
              const int before = turns.load(relaxed);
              for (int i = 0; i != 8; ++i) word.fetch_add(1, relaxed);
              check(before != 0 || turns.load(relaxed) != 6, "the other one has made all its turns meanwhile");
            },
            [&] {
              for (int i = 0; i != 6; ++i) yield(), turns.fetch_add(1, relaxed);
            });
      },
      {.depth_first = 0, .random = 0, .scaled = false});
  EXPECT_FALSE(found) << found;
}

// A callback that has been called is over when its stop_callback ends, and what it used may end too.
TEST(verify, lets_what_a_stop_callback_used_end_after_it) {
  const verify::report found = verify::explore([] {
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
  EXPECT_TRUE(found) << found;
}

TEST(verify, warns_of_a_scenario_that_does_nothing_behind_the_seam) {
  EXPECT_NE(in_words(verify::explore([] {})).find("warning: not one step behind the seam"), std::string::npos);
}

void publish_by_flag() {
  atomic<int> data{0}, flag{0};
  threads(
      [&] {
        data.store(1, seq_cst);
        flag.store(1, release);
      },
      [&] {
        if (flag.load(acquire) != 0) check(data.load(seq_cst) == 1, "the data comes with the flag");
      });
}

// The order of seq_cst operations does not replace the flag's release and acquire.
TEST(verify, finds_orders_needed_beside_seq_cst_operations) {
  const verify::scenario scenario{"publish_by_flag", publish_by_flag};
  const verify::mutation_report found = verify::weaken_orders(std::span(&scenario, 1), "verify.model.cpp");
  std::size_t of_the_flag = 0;
  for (const verify::mutant& each : found.mutants) {
    if (each.at.order == std::memory_order_seq_cst) continue;
    ++of_the_flag;
    EXPECT_FALSE(each.survived()) << verify::to_string(each.at);
  }
  EXPECT_EQ(of_the_flag, 2u);
}

// Both libraries call something unbounded, and this file includes both.
TEST(verify, and_histories_have_names_of_their_own) {
  EXPECT_EQ(history::find_fifo_fault(std::vector<history::container_call>{}, history::unbounded), std::nullopt);
  EXPECT_TRUE(verify::explore([] {}, {.preemptions = verify::unbounded}));
}

// A register that is written relaxed: a thread need not see a write that does not happen before its read.
TEST(scenario_history, holds_a_call_to_be_earlier_only_if_it_happens_before) {
  struct told {
    bool writes;
    int value;
  };
  const auto possible = [](int& state, const told& call) {
    if (call.writes) state = call.value;
    return state == call.value;
  };
  const auto failure = [&](memory_order publish, memory_order look) {
    return failure_of([&] {
      atomic<int> cell{0}, flag{0};
      verify::scenario_history<told> calls;
      threads(
          [&] {
            calls.record([&] {
              cell.store(1, relaxed);
              return told{true, 1};
            });
            flag.store(1, publish);
          },
          [&] {
            if (flag.load(look) == 0) return;
            calls.record([&] { return told{false, cell.load(relaxed)}; });
          });
      check(calls.is_linearizable(0, possible), "the calls are linearizable");
    });
  };
  EXPECT_EQ(failure(release, acquire), "");
  EXPECT_EQ(failure(relaxed, relaxed), "");
  // If the write happens before the read, an old value is wrong.
  EXPECT_NE(failure_of([&] {
              verify::scenario_history<told> calls;
              calls.record([&] { return told{true, 1}; });
              calls.record([&] { return told{false, 0}; });
              check(calls.is_linearizable(0, possible), "the calls are linearizable");
            }),
            "");
}

// A register: writes and the reads that found them.
struct register_call {
  bool writes;
  int value;
};

bool is_possible(int& state, const register_call& call) {
  if (call.writes) state = call.value;
  return state == call.value;
}

bool is_linearizable(const std::vector<history::call<register_call>>& calls) {
  return history::is_linearizable(std::span(calls), 0, is_possible);
}

TEST(linearizability, accepts_overlapping_calls_in_either_order) {
  EXPECT_TRUE(is_linearizable({{{true, 1}, 1, 4}, {{false, 0}, 2, 3}}));
  EXPECT_TRUE(is_linearizable({{{true, 1}, 1, 4}, {{false, 1}, 2, 3}}));
  EXPECT_TRUE(is_linearizable({{{true, 1}, 1, 6}, {{false, 0}, 2, 3}, {{false, 1}, 4, 5}}));
}

TEST(linearizability, refuses_a_read_of_what_was_overwritten_before_it_began) {
  EXPECT_FALSE(is_linearizable({{{true, 1}, 1, 2}, {{false, 0}, 3, 4}}));
  EXPECT_FALSE(is_linearizable({{{true, 1}, 1, 6}, {{false, 1}, 2, 3}, {{false, 0}, 4, 5}}));
}

TEST(linearizability, refuses_a_value_that_nobody_wrote) {
  EXPECT_FALSE(is_linearizable({{{true, 1}, 1, 4}, {{false, 2}, 2, 3}}));
}

}  // namespace
