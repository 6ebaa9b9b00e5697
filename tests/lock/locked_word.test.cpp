// SPDX-License-Identifier: MIT
// The lock that shares its word with data of its owner.
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/lock/locked_word.hpp>

#include "support/threads.hpp"

namespace {

using plait::detail::locked_word;
using bits = locked_word::bits;

constexpr bits closed = 2;
constexpr bits one = 4;

TEST(locked_word, is_two_words_of_eight_bytes) {
  EXPECT_EQ(sizeof(locked_word), 16u);
}

TEST(locked_word, begins_free_and_zero) {
  const locked_word word;
  EXPECT_EQ(word.look(), 0u);
  EXPECT_EQ(word.peek(), 0u);
}

TEST(locked_word, try_lock_takes_the_lock_once) {
  locked_word word;
  bits found = 99;
  EXPECT_TRUE(word.try_lock(found));
  EXPECT_EQ(found, 0u);
  EXPECT_EQ(word.look(), locked_word::locked);
  EXPECT_FALSE(word.try_lock(found));
  EXPECT_EQ(found, locked_word::locked);
}

TEST(locked_word, unlock_adds_to_the_owners_bits) {
  locked_word word;
  bits found;
  word.lock(found);
  word.unlock(5 * one + closed);
  EXPECT_EQ(word.look(), 5 * one + closed);
  word.lock(found);
  EXPECT_EQ(found, 5 * one + closed);
  word.unlock(bits{0} - one);
  EXPECT_EQ(word.look(), 4 * one + closed);
}

TEST(locked_word, taking_the_lock_changes_the_owners_bits_in_the_same_step) {
  locked_word word;
  bits found;
  word.lock(found);
  word.unlock(7 * one);
  const auto without_closed_and_with_one_less = [](bits before) { return before - one; };
  EXPECT_TRUE(word.try_lock(found, without_closed_and_with_one_less));
  EXPECT_EQ(found, 7 * one);
  EXPECT_EQ(word.look(), 6 * one + locked_word::locked);
  word.unlock();
}

TEST(locked_word, changes_without_the_lock_while_somebody_holds_it) {
  locked_word word;
  bits found;
  word.lock(found);
  bits seen = word.peek();
  while (!word.try_change(seen, seen + one)) {
  }
  word.unlock(one);
  EXPECT_EQ(word.look(), 2 * one);
}

TEST(locked_word, a_change_that_comes_too_late_says_what_the_word_is) {
  locked_word word;
  bits seen = 3 * one;
  EXPECT_FALSE(word.try_change(seen, 4 * one));
  EXPECT_EQ(seen, 0u);
}

TEST(locked_word, whoever_waits_for_the_lock_sleeps_and_is_woken) {
  locked_word word;
  bits found;
  word.lock(found);
  threads::sleeper waiter([&] {
    bits mine;
    word.lock(mine);
    word.unlock(one);
  });
  EXPECT_TRUE(waiter.comes_to_rest());
  EXPECT_FALSE(waiter.has_returned());
  word.unlock(one);
  waiter.join();
  EXPECT_EQ(word.look(), 2 * one);
}

TEST(locked_word, many_threads_count_without_a_loss) {
  locked_word word;
  std::uint64_t guarded = 0;
  constexpr int users = 4, times = 20'000;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i != users; ++i)
      all.emplace_back([&] {
        for (int n = 0; n != times; ++n) {
          bits found;
          word.lock(found);
          ++guarded;
          word.unlock(one);
        }
      });
  }
  EXPECT_EQ(guarded, std::uint64_t{users} * times);
  EXPECT_EQ(word.look(), guarded * one);
}

}  // namespace
