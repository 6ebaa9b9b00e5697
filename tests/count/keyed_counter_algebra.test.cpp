// SPDX-License-Identifier: MIT
// elements() and + - & |, compared with what Python 3.11's collections.Counter returns.
#include <cstdint>
#include <limits>
#include <ranges>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/keyed_counter.hpp>

namespace {

using namespace std::string_literals;
using words = plait::keyed_counter<std::string>;
using counts = std::vector<std::pair<std::string, std::int64_t>>;

const std::string long_word(100, 'x');

// Counts of all signs meet counts of all signs, and none.
struct operands {
  operands() {
    for (const auto& [key, n] : counts{{"a", 3}, {"b", 1}, {"c", -2}, {"d", 0}, {"e", -1}}) left.add(key, n);
    for (const auto& [key, n] : counts{{"b", 2}, {"a", 1}, {"d", 4}, {"c", -5}, {"f", 2}, {"g", -3}, {"h", 0}})
      right.add(key, n);
  }
  words left;
  words right;
};

TEST(keyed_counter_algebra, a_sum_keeps_what_is_positive) {
  const operands of;
  EXPECT_EQ((of.left + of.right).snapshot(), (counts{{"a", 4}, {"b", 3}, {"d", 4}, {"f", 2}}));
  EXPECT_EQ((of.right + of.left).snapshot(), (counts{{"b", 3}, {"a", 4}, {"d", 4}, {"f", 2}}));
}

TEST(keyed_counter_algebra, a_difference_keeps_what_is_positive) {
  const operands of;
  EXPECT_EQ((of.left - of.right).snapshot(), (counts{{"a", 2}, {"c", 3}, {"g", 3}}));
  EXPECT_EQ((of.right - of.left).snapshot(), (counts{{"b", 1}, {"d", 4}, {"f", 2}, {"e", 1}}));
}

TEST(keyed_counter_algebra, an_intersection_is_the_smaller_count) {
  const operands of;
  EXPECT_EQ((of.left & of.right).snapshot(), (counts{{"a", 1}, {"b", 1}}));
  EXPECT_EQ((of.right & of.left).snapshot(), (counts{{"b", 1}, {"a", 1}}));
}

TEST(keyed_counter_algebra, a_union_is_the_greater_count) {
  const operands of;
  EXPECT_EQ((of.left | of.right).snapshot(), (counts{{"a", 3}, {"b", 2}, {"d", 4}, {"f", 2}}));
  EXPECT_EQ((of.right | of.left).snapshot(), (counts{{"b", 2}, {"a", 3}, {"d", 4}, {"f", 2}}));
}

TEST(keyed_counter_algebra, operands_stay_as_they_were_and_may_be_one) {
  const operands of;
  const counts before = of.left.snapshot();
  EXPECT_EQ((of.left + of.left).snapshot(), (counts{{"a", 6}, {"b", 2}}));
  EXPECT_TRUE((of.left - of.left).empty());
  EXPECT_EQ((of.left & of.left).snapshot(), (counts{{"a", 3}, {"b", 1}}));
  EXPECT_EQ(((of.left | of.left) - of.right + of.right).snapshot(),
            (counts{{"a", 3}, {"b", 2}, {"d", 4}, {"f", 2}}));
  EXPECT_EQ(of.left.snapshot(), before);
  EXPECT_TRUE((words() + words()).empty());
}

TEST(keyed_counter_algebra, what_several_threads_counted_is_combined_and_counts_wrap_around) {
  words left;
  words right;
  std::thread([&] { left.add(long_word, 3); }).join();
  left.add(long_word, 2);
  std::thread([&] { right.add(long_word, 4); }).join();
  words both = left + right;
  EXPECT_EQ(both.count(long_word), 9);
  both.add("more");  // a counter like any other
  EXPECT_EQ(both.total(), 10);
  left.add("a", std::numeric_limits<std::int64_t>::max());
  right.add("a");
  EXPECT_EQ((left + right).count("a"), 0) << "the sum is negative";
  EXPECT_EQ((right - left).snapshot(), counts{});
}

struct last_digit {
  std::size_t operator()(int number) const { return static_cast<std::size_t>(number % 10); }
  bool operator()(int left, int right) const { return left % 10 == right % 10; }
};

TEST(keyed_counter_algebra, the_users_hash_and_equality_decide_which_keys_are_one) {
  plait::keyed_counter<int, last_digit, last_digit> left;
  plait::keyed_counter<int, last_digit, last_digit> right;
  left.update(std::vector{1, 2, 12});
  right.update(std::vector{22, 3});
  EXPECT_EQ((left + right).snapshot(), (std::vector<std::pair<int, std::int64_t>>{{1, 1}, {2, 3}, {3, 1}}));
}

TEST(keyed_counter_algebra, elements_are_the_keys_as_often_as_they_were_counted) {
  const operands of;
  const auto all = of.right.elements();
  static_assert(std::ranges::forward_range<decltype(all)>);
  EXPECT_EQ(std::vector<std::string>(all.begin(), all.end()),
            (std::vector{"b"s, "b"s, "a"s, "d"s, "d"s, "d"s, "d"s, "f"s, "f"s}));
  EXPECT_TRUE(std::ranges::empty(words().elements()));

  words again;
  again.update(of.right.elements());
  EXPECT_EQ(again.snapshot(), (counts{{"b", 2}, {"a", 1}, {"d", 4}, {"f", 2}}));
}

TEST(keyed_counter_algebra, a_billion_elements_take_no_memory_until_they_are_read) {
  words counter;
  counter.add("all", 1'000'000'000'000);
  const auto all = counter.elements();
  auto at = all.begin();
  for (int i = 0; i != 1000; ++i) EXPECT_EQ(*at++, "all");
  EXPECT_NE(at, all.end());
}

}  // namespace
