// SPDX-License-Identifier: MIT
// What the checker finds wrong with a program besides its memory orders, and its messages.
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <span>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <verify/mutation.hpp>
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

TEST(failures, finds_a_lost_wake_up) {
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

TEST(failures, finds_a_deadlock_of_two_mutexes) {
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

TEST(failures, finds_a_mutex_locked_twice) {
  expect_failure(
      [] {
        mutex a;
        a.lock();
        a.lock();
      },
      "locked again");
}

TEST(failures, finds_threads_that_wait_actively_for_ever) {
  expect_failure(
      [] {
        atomic<bool> never{false};
        threads([&] {
          while (!never.load(acquire)) yield();
        });
      },
      "no end after");
}

TEST(failures, a_frozen_thread_holds_up_others_only_if_they_take_a_lock) {
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

TEST(failures, finds_a_use_after_free) {
  expect_failure(
      [] {
        auto* const value = new atomic<int>(0);
        threads([&] { value->load(relaxed); }, [&] { delete value; });
      },
      "freed");
}

TEST(failures, finds_a_free_that_nothing_orders_after_the_last_use) {
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
  expect_clean(release_by(acq_rel));
  expect_failure(release_by(release), "nothing orders the use");
  expect_failure(release_by(relaxed), "nothing orders the use");
}

TEST(failures, finds_a_double_free) {
  expect_failure(
      [] {
        void* volatile const memory = ::operator new(1);  // volatile: the compiler would warn of the bug
        ::operator delete(memory);
        ::operator delete(memory);
      },
      "double free");
}

TEST(failures, finds_a_leak) {
  expect_failure([] { [[maybe_unused]] void* volatile const lost = ::operator new(1); }, "memory leak: 1 of 1");
}

TEST(failures, finds_an_object_used_before_its_construction_or_after_its_end) {
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

TEST(failures, finds_plain_data_freed_while_it_is_read) {
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

TEST(failures, finds_objects_made_anew_where_others_are_still_in_use) {
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

TEST(failures, refuses_orders_that_a_load_or_a_store_cannot_have) {
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
TEST(failures, finds_orders_needed_beside_seq_cst_operations) {
  const verify::scenario scenario{"publish_by_flag", publish_by_flag};
  const verify::mutation_report found = verify::weaken_orders(std::span(&scenario, 1), "failures.model.cpp");
  std::size_t of_the_flag = 0;
  for (const verify::mutant& each : found.mutants) {
    if (each.at.order == std::memory_order_seq_cst) continue;
    ++of_the_flag;
    EXPECT_FALSE(each.survived()) << verify::to_string(each.at);
  }
  EXPECT_EQ(of_the_flag, 2u);
}

TEST(failures, reports_an_exception_that_leaves_a_thread) {
  expect_failure([] { threads([] { throw std::runtime_error("oh"); }); }, "an exception left the thread: oh");
}

void throw_something() {
  throw std::runtime_error("oh");
}

TEST(failures, reports_terminate) {
  expect_failure([] { threads([]() noexcept { throw_something(); }); }, "std::terminate was called");
}

}  // namespace
