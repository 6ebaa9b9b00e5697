// SPDX-License-Identifier: MIT
#include <barrier>
#include <cstdint>
#include <limits>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/counter.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/count/counter_cells.hpp>

#include "support/allocations.hpp"

namespace {

TEST(counter, starts_at_zero_and_sums_what_is_added) {
  plait::counter counter;
  EXPECT_EQ(counter.load(), 0);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.load(), 42);
  counter.add(-50);
  EXPECT_EQ(counter.load(), -8);
}

TEST(counter, operators_add) {
  plait::counter counter;
  ++counter;
  counter += 41;
  counter += -2;
  EXPECT_EQ(counter.load(), 40);
  static_assert(std::is_void_v<decltype(++counter)> && std::is_void_v<decltype(counter += 1)>,
                "the number it led to is not known");
}

TEST(counter, exchange_returns_the_value_and_sets_a_new_one) {
  plait::counter counter;
  counter.add(5);
  EXPECT_EQ(counter.exchange(100), 5);
  EXPECT_EQ(counter.load(), 100);
  counter.add(1);
  EXPECT_EQ(counter.exchange(-3), 101);
  EXPECT_EQ(counter.load(), -3);
}

TEST(counter, reset_sets_it_to_zero) {
  plait::counter counter;
  counter.add(7);
  counter.reset();
  EXPECT_EQ(counter.load(), 0);
  counter.add(2);
  EXPECT_EQ(counter.load(), 2);
}

TEST(counter, wraps_around_without_undefined_behaviour) {
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  plait::counter counter;
  counter.add(highest);
  counter.add();
  EXPECT_EQ(counter.load(), lowest);
  counter.add(-1);
  EXPECT_EQ(counter.exchange(lowest), highest);
  EXPECT_EQ(counter.load(), lowest);
}

TEST(counter, what_a_thread_added_stays_when_it_ends) {
  plait::counter counter;
  for (int i = 0; i < 50; ++i) std::thread([&] { counter.add(2); }).join();
  EXPECT_EQ(counter.load(), 100);
}

TEST(counter, threads_that_take_over_an_id_go_on_with_its_cells) {
  plait::counter counter;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 5; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 10; ++n) counter.add();
      });
  }
  EXPECT_EQ(counter.load(), 20 * 5 * 10);
}

TEST(counter, a_number_used_again_starts_at_zero_although_its_cells_do_not) {
  for (int i = 0; i < 10; ++i) {
    plait::counter counter;
    EXPECT_EQ(counter.load(), 0);
    counter.add(17);
    std::thread([&] { counter.add(4); }).join();
    EXPECT_EQ(counter.load(), 21);
  }
}

TEST(counter, counters_do_not_touch_each_other) {
  std::vector<std::unique_ptr<plait::counter>> counters;
  for (int i = 0; i < 2000; ++i) counters.push_back(std::make_unique<plait::counter>());
  std::thread([&] {
    for (int i = 0; i < 2000; ++i) counters[static_cast<std::size_t>(i)]->add(i);
  }).join();
  for (int i = 0; i < 2000; ++i) counters[static_cast<std::size_t>(i)]->add(1);
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(counters[static_cast<std::size_t>(i)]->load(), i + 1);
}

struct adds_when_destroyed {
  plait::counter* counter = nullptr;
  ~adds_when_destroyed() {
    if (counter != nullptr) counter->add(1000);
  }
};
thread_local adds_when_destroyed late;

TEST(counter, the_destructor_of_a_thread_local_object_can_add) {
  plait::counter counter;
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      late.counter = &counter;
      counter.add();
    }).join();
  }
  EXPECT_EQ(counter.load(), 3003);
}

TEST(counter, the_destructor_of_a_pthread_key_can_add_after_the_thread_gave_its_id_back) {
  plait::counter counter;
  pthread_key_t key{};
  ASSERT_EQ(pthread_key_create(&key, [](void* value) { static_cast<plait::counter*>(value)->add(1000); }), 0);
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      counter.add();
      pthread_setspecific(key, &counter);
    }).join();
  }
  pthread_key_delete(key);
  EXPECT_EQ(counter.load(), 3003);
  // The new owner of the id counts in a cell that no other thread still writes.
  std::thread([&] { counter.add(); }).join();
  EXPECT_EQ(counter.load(), 3004);
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(counter, ten_thousand_counters_take_less_than_a_cache_line_a_thread_each) {
  constexpr std::size_t count = 10'000;
  constexpr std::size_t threads = 4;
  const std::ptrdiff_t before = allocations::bytes_held;
  std::vector<plait::counter> counters(count);
  std::ptrdiff_t used = allocations::bytes_held - before;
  std::vector<std::ptrdiff_t> used_by_thread(threads);
  std::barrier all_alive(threads);
  {
    std::vector<std::jthread> running;
    for (std::ptrdiff_t& used_here : used_by_thread) {
      running.emplace_back([&] {
        const std::ptrdiff_t at_start = allocations::bytes_held;
        for (plait::counter& counter : counters) counter.add();
        used_here = allocations::bytes_held - at_start;
        all_alive.arrive_and_wait();
      });
    }
  }
  for (const std::ptrdiff_t more : used_by_thread) used += more;
  EXPECT_LT(used, std::ptrdiff_t{count * (threads + 2) * 16});
  for (const plait::counter& counter : counters) ASSERT_EQ(counter.load(), threads);
}
#endif

TEST(counter, a_threads_cells_share_no_line_with_what_lies_beside_them_on_the_heap) {
  using cells = plait::detail::counter_cells;
  for (const std::uint32_t number : {0U, 512U, 1024U}) {  // the first of each segment
    const void* const first = cells::get_own(cells::locate(number));
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % plait::detail::contention_free_distance, 0) << number;
  }
}

// Every exchange takes what was added since the one before: together they take every add exactly once.
TEST(counter, concurrent_exchanges_partition_the_adds) {
  constexpr int adders = 2;
  constexpr int takers = 2;
  constexpr std::int64_t adds = 50'000;
  plait::counter counter;
  std::vector<std::int64_t> taken(takers);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < adders; ++i)
      threads.emplace_back([&] {
        for (std::int64_t n = 0; n < adds; ++n) counter.add();
      });
    for (std::int64_t& sum : taken)
      threads.emplace_back([&] {
        for (int n = 0; n < 2000; ++n) {
          const std::int64_t part = counter.exchange(0);
          EXPECT_GE(part, 0);
          sum += part;
        }
      });
  }
  std::int64_t sum = counter.load();
  for (const std::int64_t part : taken) sum += part;
  EXPECT_EQ(sum, adders * adds);
}

TEST(counter, a_forked_child_can_go_on_counting) {
  plait::counter counter;
  counter.add(5);
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    counter.add();
    plait::counter another;
    std::thread([&] { another.add(2); }).join();
    _exit(counter.load() == 6 && another.load() == 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(counter.load(), 5);
}

}  // namespace
