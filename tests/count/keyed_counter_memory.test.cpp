// SPDX-License-Identifier: MIT
// How many keys a keyed_counter holds, and what stays true while tables are poured because they are full.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/keyed_counter.hpp>

#include "support/allocations.hpp"
#include "support/held_keys.hpp"
#include "support/sanitizer.hpp"

namespace {

// What the header promises.
constexpr std::ptrdiff_t keys_of_a_thread = 49'152;
constexpr int distinct = under_sanitizer ? 100'000 : 150'000;
constexpr int adders = 4;

using counter_of_held_keys = plait::keyed_counter<held_keys::key, held_keys::hash>;

void add_all(counter_of_held_keys& counter) {
  for (int i = 0; i != distinct; ++i) counter.add(held_keys::key(i));
}

TEST(keyed_counter_memory, each_key_is_held_once_and_a_fixed_number_by_each_thread) {
  counter_of_held_keys counter;
  held_keys::most = held_keys::held.load();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i != adders; ++i) threads.emplace_back([&] { add_all(counter); });
  }
  EXPECT_LE(held_keys::most, distinct + adders * (keys_of_a_thread + 1));
  EXPECT_EQ(counter.size(), static_cast<std::size_t>(distinct));
  EXPECT_EQ(held_keys::held, distinct) << "a read of all keys leaves one of each";
  EXPECT_EQ(counter.total(), std::int64_t{adders} * distinct);
  for (int i = 0; i < distinct; i += 97) ASSERT_EQ(counter.count(held_keys::key(i)), adders) << i;
  counter.clear();
  EXPECT_EQ(held_keys::held, 0);
}

TEST(keyed_counter_memory, threads_that_count_one_after_the_other_hold_no_key_twice_for_long) {
  counter_of_held_keys counter;
  held_keys::most = held_keys::held.load();
  for (int i = 0; i != adders; ++i) std::thread([&] { add_all(counter); }).join();
  add_all(counter);
  EXPECT_LE(held_keys::most, distinct + 2 * (keys_of_a_thread + 1));
  EXPECT_EQ(counter.total(), std::int64_t{adders + 1} * distinct);
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(keyed_counter_memory, several_threads_take_little_more_than_one_for_the_same_words) {
  std::vector<std::string> words;
  for (int i = 0; i != distinct; ++i) words.push_back("word" + std::to_string(i));
  constexpr std::ptrdiff_t of_a_word = 16 + 8 + 22;
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  plait::keyed_counter<std::string> counter;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i != adders; ++i) threads.emplace_back([&] { counter.update(words); });
  }
  EXPECT_LE(allocations::bytes_held_by_all - before,
            (distinct + adders * keys_of_a_thread) * of_a_word + 16'384);
  EXPECT_EQ(counter.size(), words.size());
  EXPECT_LE(allocations::bytes_held_by_all - before, distinct * of_a_word + 16'384);
  counter.clear();
  EXPECT_LE(allocations::bytes_held_by_all - before, 4'096);
}
#endif

TEST(keyed_counter_memory, keys_of_one_thread_stay_in_order_when_its_table_is_poured) {
  const auto key_at = [](int i) { return i * 7919 % distinct; };
  for (const int read_after : {distinct, 10}) {
    plait::keyed_counter<int> counter;
    for (int i = 0; i != distinct; ++i) {
      if (i == read_after) {
        EXPECT_EQ(counter.size(), static_cast<std::size_t>(i));
      }
      counter.add(key_at(i));
      counter.add(key_at(i / 2));
    }
    int place = 0;
    counter.for_each([&](int key, std::int64_t) {
      EXPECT_EQ(key, key_at(place)) << place;
      ++place;
    });
    EXPECT_EQ(place, distinct);
  }
}

// With a lock held while visiting, the adds would wait for the visitor, and the visitor for them.
TEST(keyed_counter_memory, a_visitor_keeps_nobody_from_adding_more_keys_than_a_table_holds) {
  plait::keyed_counter<int> counter;
  counter.update(std::views::iota(0, 100));
  int shown = 0;
  counter.for_each([&](int, std::int64_t) {
    if (shown++ == 0) std::thread([&] { counter.update(std::views::iota(0, distinct)); }).join();
  });
  EXPECT_EQ(shown, 100);
  EXPECT_EQ(counter.size(), static_cast<std::size_t>(distinct));
  EXPECT_EQ(counter.total(), distinct + 100);
}

TEST(keyed_counter_memory, readers_see_every_add_that_happened_before_while_tables_are_poured) {
  plait::keyed_counter<int> counter;
  std::atomic<std::int64_t> added = 0;
  std::atomic<int> adding = 2;
  std::vector<std::jthread> threads;
  for (int i = 0; i != 2; ++i)
    threads.emplace_back([&, i] {
      for (int key = 0; key != distinct; ++key) {
        counter.add(key % 3 == 0 ? 0 : key * (i + 1));
        ++added;
      }
      --adding;
    });
  while (adding != 0) {
    const std::int64_t before = added;
    ASSERT_GE(counter.total(), before);
    std::int64_t seen = 0;
    counter.for_each([&](int, std::int64_t n) { seen += n; });
    ASSERT_GE(seen, before);
  }
  EXPECT_EQ(counter.total(), 2 * distinct);
  EXPECT_EQ(counter.count(0), 2 * ((distinct + 2) / 3));
}

}  // namespace
