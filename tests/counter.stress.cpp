// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <plait/counter.hpp>
#include <thread>
#include <vector>

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int scale = 1;
#else
constexpr int scale = 5;
#endif

// Threads come and go, so ids change hands while others add and read.
TEST(counter_stress, short_lived_threads_lose_nothing_and_the_sum_never_goes_back) {
  constexpr int lives = 400 * scale;
  constexpr int adds = 500;
  plait::counter counter;
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    std::int64_t before = 0;
    while (!done) {
      const std::int64_t now = counter.load();
      EXPECT_GE(now, before);
      EXPECT_LE(now, std::int64_t{3} * lives * adds);
      before = now;
    }
  });
  {
    std::vector<std::jthread> parents;
    for (int i = 0; i < 3; ++i)
      parents.emplace_back([&] {
        for (int life = 0; life < lives; ++life)
          std::thread([&] {
            for (int n = 0; n < adds; ++n) counter.add();
          }).join();
      });
  }
  done = true;
  reader.join();
  EXPECT_EQ(counter.load(), std::int64_t{3} * lives * adds);
}

// Counters come and go, too: their numbers are used again by counters of other threads.
TEST(counter_stress, numbers_used_again_carry_nothing_over) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int life = 0; life < 300 * scale; ++life) {
        plait::counter counter;
        std::jthread other([&] {
          for (int n = 0; n < 50; ++n) counter.add(3);
        });
        for (int n = 0; n < 50; ++n) counter.add();
        other.join();
        ASSERT_EQ(counter.load(), 200);
      }
    });
}

TEST(counter_stress, exchanges_and_short_lived_adders_partition_the_sum) {
  constexpr int lives = 200 * scale;
  constexpr int adds = 500;
  plait::counter counter;
  std::atomic<bool> done = false;
  std::vector<std::int64_t> taken(2);
  {
    std::vector<std::jthread> takers;
    for (std::int64_t& sum : taken)
      takers.emplace_back([&] {
        while (!done) sum += counter.exchange(0);
      });
    {
      std::vector<std::jthread> parents;
      for (int i = 0; i < 2; ++i)
        parents.emplace_back([&] {
          for (int life = 0; life < lives; ++life)
            std::thread([&] {
              for (int n = 0; n < adds; ++n) counter.add();
            }).join();
        });
    }
    done = true;
  }
  EXPECT_EQ(taken[0] + taken[1] + counter.load(), std::int64_t{2} * lives * adds);
}

}  // namespace
