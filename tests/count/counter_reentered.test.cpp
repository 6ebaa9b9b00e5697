// SPDX-License-Identifier: MIT
// Adds in the middle of another add of the same thread: from a signal handler, and from operator new.
#include <atomic>
#include <barrier>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include <pthread.h>

#include <gtest/gtest.h>

#include <plait/counter.hpp>
#include <plait/hazard_pointer.hpp>
#include <plait/keyed_counter.hpp>

#include "support/sanitizer.hpp"

namespace {

plait::counter* signalled = nullptr;
std::atomic<std::int64_t> signals = 0;

void add_in_handler(int) {
  signalled->add();
  signals.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

#if !PLAIT_UNDER_TSAN  // ThreadSanitizer has its own operator new
namespace {
plait::counter* allocated = nullptr;  // counts the calls of operator new; null until a test makes it
std::atomic<std::int64_t> allocations = 0;
thread_local std::int64_t until_failure = 0;  // if not 0: the call that many calls from now on throws
}  // namespace

// Not inline: g++ would warn of memory of `new` that goes to free(), where it sees only one of the two.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (until_failure != 0 && --until_failure == 0) throw std::bad_alloc();
  if (allocated != nullptr) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    allocated->add();
  }
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace {

TEST(counter_reentered, adds_of_a_signal_handler_and_of_the_thread_that_it_interrupts_are_not_lost) {
  plait::counter counter;
  signalled = &counter;
  signals = 0;
  struct sigaction act{};
  act.sa_handler = &add_in_handler;
  ASSERT_EQ(sigaction(SIGUSR1, &act, nullptr), 0);
  std::atomic<bool> has_begun = false;
  std::atomic<bool> enough = false;
  std::int64_t adds = 0;
  std::thread adder([&] {
    counter.add(0);  // the first add of a thread may allocate
    has_begun = true;
    while (!enough.load(std::memory_order_relaxed)) {
      for (int i = 0; i != 100; ++i) counter.add();
      adds += 100;
    }
  });
  while (!has_begun) std::this_thread::yield();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    pthread_kill(adder.native_handle(), SIGUSR1);
    for (int i = 0; i != 100; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  enough = true;
  adder.join();
  EXPECT_GT(signals.load(), 0);
  EXPECT_EQ(counter.load(), adds + signals.load());
}

#if !PLAIT_UNDER_TSAN
TEST(counter_reentered, operator_new_may_add_while_an_add_or_another_structure_allocates) {
  plait::counter counter;
  allocated = &counter;
  allocations = 0;
  plait::keyed_counter<int> keyed;
  const auto work = [&](int start) {
    switch (start) {
      case 0:
        counter.add(1'000'000);
        break;
      case 1:
        keyed.add(1);
        break;
      case 2:
        plait::make_hazard_pointer();
        break;
      default:
        delete new int;
    }
    std::vector<plait::counter> more(1000);
    for (plait::counter& each : more) each.add();
  };
  for (int round = 0; round != 3; ++round) {
    std::vector<std::thread> threads;
    for (int start = 0; start != 4; ++start) threads.emplace_back(work, start);
    for (std::thread& each : threads) each.join();
  }
  // So many threads at once that the pool of ids must grow, and none of them has a cell yet.
  {
    constexpr int count = 40;
    std::barrier all_have_an_id(count);
    std::vector<std::jthread> threads;
    for (int i = 0; i != count; ++i) {
      threads.emplace_back([&] {
        keyed.add(1);
        all_have_an_id.arrive_and_wait();
      });
    }
  }
  allocated = nullptr;
  EXPECT_GT(allocations, 0);
  EXPECT_EQ(counter.load(), 3'000'000 + allocations);
}

TEST(counter_reentered, an_add_that_finds_no_memory_is_counted_all_the_same) {
  // A high number in a new thread, so that the first add needs a new block.
  std::thread([] {
    std::vector<plait::counter> others(100'000);
    plait::counter far;
    for (int fails = 1; fails != 4; ++fails) {
      until_failure = fails;
      far.add();
    }
    until_failure = 0;
    EXPECT_EQ(far.load(), 3);
    far.add(3);
    EXPECT_EQ(far.exchange(1), 6);
    EXPECT_EQ(far.load(), 1);
  }).join();
}
#endif

}  // namespace
