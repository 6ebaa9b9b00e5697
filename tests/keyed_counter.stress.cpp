// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <plait/keyed_counter.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using words = plait::keyed_counter<std::string>;

std::vector<std::string> some_words(std::uint32_t seed, std::size_t size) {
  std::minstd_rand random(seed + 1);
  std::vector<std::string> result;
  for (std::size_t i = 0; i != size; ++i) {
    const auto bits = 1 + random() % 10;
    const auto number = random() / 16 % (1U << bits);  // small numbers are frequent
    result.push_back(number % 5 == 0 ? "a rather long word, number " + std::to_string(number)
                                     : std::to_string(number));
  }
  return result;
}

// Some threads live long, others come and go; one reads all the time.
TEST(keyed_counter_stress, no_count_is_lost_and_no_total_goes_back) {
  constexpr int parents = 3;
  constexpr std::uint32_t lives = 60;
  words counter;
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    std::int64_t total = 0;
    std::int64_t ones = 0;
    while (!done) {
      const std::int64_t total_now = counter.total();
      EXPECT_GE(total_now, total);
      total = total_now;
      const std::int64_t ones_now = counter.count("1");
      EXPECT_GE(ones_now, ones);
      ones = ones_now;
      std::int64_t sum = 0;
      for (const auto& [word, count] : counter.most_common()) sum += count;
      EXPECT_GE(sum, total_now);
    }
  });
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t parent = 0; parent != parents; ++parent)
      threads.emplace_back([&, parent] {
        for (std::uint32_t life = 0; life != lives; ++life) {
          const std::vector<std::string> text = some_words(parent * lives + life, 400);
          if (life % 2 == 0) {
            counter.update(text);
          } else {
            std::thread([&] {
              for (const std::string& word : text) counter.add(word);
            }).join();
          }
        }
      });
  }
  done = true;
  reader.join();
  std::map<std::string, std::int64_t> expected;
  for (std::uint32_t seed = 0; seed != parents * lives; ++seed)
    for (const std::string& word : some_words(seed, 400)) ++expected[word];
  EXPECT_EQ(counter.size(), expected.size());
  for (const auto& [word, count] : counter.snapshot()) ASSERT_EQ(count, expected[word]) << word;
}

// clear() and merge() while others add: whatever is there afterwards was added, and none of it twice.
TEST(keyed_counter_stress, clearing_and_merging_while_others_add_is_safe) {
  words counter;
  words other;
  std::atomic<bool> done = false;
  constexpr std::int64_t rounds = 100;
  std::jthread cleaner([&] {
    while (!done) {
      counter.clear();
      other.merge(counter);
      EXPECT_LE(counter.total(), 2 * rounds * 200);
    }
  });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        const std::vector<std::string> text = some_words(1, 200);
        for (std::int64_t round = 0; round != rounds; ++round) counter.update(text);
      });
  }
  done = true;
  cleaner.join();
  counter.clear();
  EXPECT_TRUE(counter.empty());
  counter.add("still works");
  EXPECT_EQ(counter.total(), 1);
}

// Two counters that merge each other must not wait for each other.
TEST(keyed_counter_stress, counters_that_merge_each_other_do_not_deadlock) {
  words left;
  words right;
  left.add("a");
  right.add("b");
  {
    std::jthread one([&] {
      for (int i = 0; i < 20; ++i) left.merge(right);
    });
    std::jthread two([&] {
      for (int i = 0; i < 20; ++i) right.merge(left);
    });
  }
  EXPECT_EQ(left.size(), 2U);
  EXPECT_EQ(right.size(), 2U);
}

}  // namespace
