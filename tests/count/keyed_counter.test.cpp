// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/keyed_counter.hpp>

#include "support/allocations.hpp"
#include "support/sanitizer.hpp"

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

template <class Key>
using counts = std::vector<std::pair<Key, std::int64_t>>;
using words = plait::keyed_counter<std::string>;

const std::string long_word(100, 'x');

TEST(keyed_counter, for_each_shows_every_key_once_with_the_count_of_all_threads) {
  words counted;
  const auto count = [&](int first, int last) {
    for (int i = first; i != last; ++i) counted.add(std::to_string(i) + " is more than twelve characters", i);
  };
  std::thread(count, 0, 500).join();
  std::thread several[] = {std::thread(count, 0, 1000), std::thread(count, 500, 2000),
                           std::thread(count, 1500, 1600)};
  for (std::thread& each : several) each.join();
  std::map<std::string, std::int64_t> shown;
  counted.for_each(
      [&](std::string_view word, std::int64_t n) { EXPECT_TRUE(shown.emplace(word, n).second) << word; });
  EXPECT_EQ(shown.size(), 2000u);
  for (const auto& [word, n] : shown) EXPECT_EQ(n, counted.count(word)) << word;
  EXPECT_EQ(shown.size(), counted.size());
}

TEST(keyed_counter, counts_how_often_each_key_was_added) {
  words counter;
  EXPECT_TRUE(counter.empty());
  counter.add("cat");
  counter.add("dog"s);
  counter.add("cat"sv, 4);
  counter.add(long_word, 2);
  EXPECT_EQ(counter.count("cat"), 5);
  EXPECT_EQ(counter.count("dog"sv), 1);
  EXPECT_EQ(counter.count(long_word), 2);
  EXPECT_EQ(counter.count("bird"s), 0);
  EXPECT_EQ(counter.size(), 3U);
  EXPECT_EQ(counter.total(), 8);
  EXPECT_FALSE(counter.empty());
}

TEST(keyed_counter, update_counts_every_element_of_any_range) {
  words counter;
  counter.update(std::vector{"a"s, "b"s, "a"s});     // strings that stay where they are
  counter.update(std::list<const char*>{"a", "c"});  // literals
  std::istringstream input("b c c");
  counter.update(std::ranges::istream_view<std::string>(input));  // one pass
  counter.update(std::views::split("a d"sv, ' ') |                // made on the way
                 std::views::transform([](auto&& word) { return std::string_view(word); }));
  counter.update(std::vector<std::string>{});
  EXPECT_EQ(counter.most_common(), (counts<std::string>{{"a", 4}, {"c", 3}, {"b", 2}, {"d", 1}}));

  plait::keyed_counter<long> numbers;
  numbers.update(std::views::iota(0, 1000) | std::views::transform([](int i) { return i % 7; }));
  EXPECT_EQ(numbers.count(0), 143);
  EXPECT_EQ(numbers.total(), 1000);
}

// Strings that differ in one character only, of all sizes around those at which they are kept or hashed
// differently.
TEST(keyed_counter, words_that_differ_anywhere_are_different_keys) {
  words counter;
  std::map<std::string, std::int64_t> expected;
  for (std::size_t size = 0; size != 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      std::string word(size, 'a');
      if (at != size) word[at] = 'b';
      counter.update(std::vector<std::string>(at + 1, word));
      expected[word] += static_cast<std::int64_t>(at + 1);
    }
  }
  counter.add("a\0b"s);
  counter.add("a\0c"s);
  expected["a\0b"s] = expected["a\0c"s] = 1;
  for (const auto& [word, count] : expected) EXPECT_EQ(counter.count(word), count) << word;
  EXPECT_EQ(counter.size(), expected.size());
  for (const auto& [word, count] : counter.snapshot()) EXPECT_EQ(expected.at(word), count) << word;
}

TEST(keyed_counter, grows_to_many_keys) {
  plait::keyed_counter<int> counter;
  constexpr int keys = 100'000;
  counter.update(std::views::iota(0, keys));
  counter.update(std::views::iota(0, keys / 2));
  EXPECT_EQ(counter.size(), keys);
  EXPECT_EQ(counter.total(), keys + keys / 2);
  for (int key = 0; key < keys; ++key) ASSERT_EQ(counter.count(key), key < keys / 2 ? 2 : 1);
  EXPECT_EQ(counter.count(keys), 0);
}

// A read pours what was added since into what is there, whichever is larger.
TEST(keyed_counter, reading_between_adds_changes_nothing) {
  constexpr int most = under_sanitizer ? 100'000 : 400'000;
  plait::keyed_counter<int> counter;
  std::int64_t total = 0;
  for (const int keys : {1, most / 4 * 3, 2, 1000, most, 0}) {
    counter.update(std::views::iota(0, keys));
    total += keys;
    EXPECT_EQ(counter.size(), std::max(keys, static_cast<int>(counter.size())));
    EXPECT_EQ(counter.total(), total);
  }
  const auto all = counter.most_common();
  ASSERT_EQ(all.size(), std::size_t{most});
  EXPECT_EQ(all.front(), (std::pair<int, std::int64_t>(0, 5)));
  EXPECT_EQ(all.back(), (std::pair<int, std::int64_t>(most - 1, 1)));
}

TEST(keyed_counter, a_visitor_sees_keys_where_they_stay_while_others_add) {
  words counter;
  counter.update(std::vector{"short"s, long_word});
  std::vector<std::string_view> shown;
  counter.for_each([&](std::string_view word, std::int64_t) {
    std::thread([&] { counter.add("short", 2); }).join();
    shown.push_back(word);
  });
  for (int i = 0; i != 10'000; ++i) counter.add(std::to_string(i));
  EXPECT_EQ(counter.size(), 10'002U);
  EXPECT_EQ(shown, (std::vector<std::string_view>{"short", long_word}));
  EXPECT_EQ(counter.count("short"), 5);
}

TEST(keyed_counter, most_common_is_sorted_by_count_and_equals_come_in_the_order_of_their_first_add) {
  words counter;
  for (const char* word : {"pear", "fig", "apple", "kiwi"}) counter.add(word);
  counter.add("zebra", 3);
  counter.add("ant");
  for (const char* word : {"kiwi", "apple", "fig", "pear"}) counter.add(word);
  const counts<std::string> all{{"zebra", 3}, {"pear", 2}, {"fig", 2}, {"apple", 2}, {"kiwi", 2}, {"ant", 1}};
  EXPECT_EQ(counter.most_common(), all);
  EXPECT_EQ(counter.most_common(3), (counts<std::string>(all.begin(), all.begin() + 3)));
  EXPECT_EQ(counter.most_common(0), counts<std::string>{});
  EXPECT_EQ(counter.most_common(1000), all);
}

// As in Python's Counter, with or without a read in between.
TEST(keyed_counter, keys_of_one_thread_come_in_the_order_of_their_first_add) {
  plait::keyed_counter<int> counter;
  std::vector<std::pair<int, std::int64_t>> expected;
  const auto key_at = [](int i) { return i * 7919 % 10'007; };
  for (const int end : {3000, 3001, 3010, 9000}) {
    for (int i = 0; i != end; ++i) {
      counter.add(key_at(i));
      if (std::ssize(expected) == i) expected.emplace_back(key_at(i), 0);
      ++expected[static_cast<std::size_t>(i)].second;
    }
    ASSERT_EQ(counter.snapshot(), expected);
  }
  counter.add(key_at(1), -expected[1].second);
  expected[1].second = 0;
  EXPECT_EQ(counter.snapshot(), expected);  // a count of 0 keeps its place
  counter.erase(key_at(1));
  counter.add(key_at(1));
  expected.erase(expected.begin() + 1);
  expected.emplace_back(key_at(1), 1);
  EXPECT_EQ(counter.snapshot(), expected);  // and an erased key loses it
}

TEST(keyed_counter, keys_that_were_read_come_before_those_that_other_threads_add_later) {
  plait::keyed_counter<int> counter;
  std::thread([&] { counter.update(std::vector{5, 3, 4}); }).join();
  EXPECT_EQ(counter.size(), 3U);
  counter.update(std::vector{4, 1, 2, 5});
  EXPECT_EQ(counter.snapshot(), (counts<int>{{5, 2}, {3, 1}, {4, 2}, {1, 1}, {2, 1}}));
}

TEST(keyed_counter, nan_keys_do_not_put_the_others_out_of_order) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  plait::keyed_counter<double> counter;
  for (int i = 0; i != 100; ++i) {
    counter.add(nan);
    counter.add(i, 100 - i);
  }
  const auto all = counter.most_common();
  ASSERT_EQ(all.size(), 200U);  // each NaN is a key of its own, because it equals no key
  EXPECT_TRUE(std::ranges::is_sorted(all, std::greater<>(), &std::pair<double, std::int64_t>::second));
  EXPECT_EQ(counter.count(nan), 0);
  EXPECT_EQ(counter.total(), 100 + 5050);
}

TEST(keyed_counter, subtract_takes_and_counts_may_become_negative) {
  words counter;
  counter.update(std::vector{"a"s, "a"s, "b"s});
  counter.subtract(std::vector{"a"sv, "b"sv, "b"sv, "c"sv});
  EXPECT_EQ(counter.snapshot(), (counts<std::string>{{"a", 1}, {"b", -1}, {"c", -1}}));
  std::istringstream input("a " + long_word);
  counter.subtract(std::ranges::istream_view<std::string>(input));
  EXPECT_EQ(counter.snapshot(), (counts<std::string>{{"a", 0}, {"b", -1}, {"c", -1}, {long_word, -1}}));
  words other;
  other.add("b", std::numeric_limits<std::int64_t>::min());
  other.add("d", 2);
  counter.subtract(other);
  EXPECT_EQ(counter.count("b"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(counter.count("d"), -2);
  counter.subtract(counter);
  EXPECT_EQ(counter.total(), 0);
  EXPECT_EQ(counter.size(), 5U);
}

TEST(keyed_counter, an_erased_key_is_gone_from_the_tables_of_all_threads) {
  words counter;
  counter.update(std::vector{"a"s, "b"s, long_word});
  EXPECT_EQ(counter.size(), 3U);
  counter.add("b", 4);
  std::thread([&] { counter.add("b"); }).join();
  EXPECT_TRUE(counter.erase("b"));
  EXPECT_FALSE(counter.erase("b"sv));
  EXPECT_FALSE(counter.erase("d"s));
  EXPECT_EQ(counter.count("b"), 0);
  EXPECT_EQ(counter.total(), 2);
  EXPECT_EQ(counter.snapshot(), (counts<std::string>{{"a", 1}, {long_word, 1}}));
  EXPECT_TRUE(counter.erase(long_word));
  EXPECT_TRUE(counter.erase("a"));
  EXPECT_TRUE(counter.empty());
  counter.add("b");
  EXPECT_EQ(counter.snapshot(), (counts<std::string>{{"b", 1}}));
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(keyed_counter, erasing_finds_every_key_that_is_left_and_memory_stays_bounded) {
  plait::keyed_counter<int> counter;
  constexpr int keys = 1000;
  const std::ptrdiff_t before = allocations::bytes_held;
  std::ptrdiff_t held = 0;
  for (int round = 0; round != 50; ++round) {
    counter.update(std::views::iota(0, keys));
    // Every other time they are erased from the common table instead of this thread's.
    if (round % 2 == 0) {
      ASSERT_EQ(counter.size(), keys);
    }
    for (int i = 0; i != keys; i += 2) ASSERT_TRUE(counter.erase(i * 7 % keys)) << i;
    for (int i = 0; i != keys; ++i) ASSERT_EQ(counter.count(i) != 0, i % 2 == 1) << i;
    ASSERT_EQ(counter.size(), keys / 2);
    if (round == 5) held = allocations::bytes_held - before;
  }
  EXPECT_LE(allocations::bytes_held - before, 2 * held);
  EXPECT_EQ(counter.total(), 50 * keys / 2);
}
#endif

TEST(keyed_counter, counts_may_be_zero_or_negative_and_the_key_stays) {
  words counter;
  counter.add("debt", -3);
  counter.add("even", 2);
  counter.add("even", -2);
  counter.add("nothing", 0);
  EXPECT_EQ(counter.size(), 3U);
  EXPECT_EQ(counter.total(), -3);
  EXPECT_EQ(counter.most_common(), (counts<std::string>{{"even", 0}, {"nothing", 0}, {"debt", -3}}));
}

TEST(keyed_counter, counts_wrap_around_without_undefined_behaviour) {
  words counter;
  counter.add("x", std::numeric_limits<std::int64_t>::max());
  counter.add("x");
  EXPECT_EQ(counter.count("x"), std::numeric_limits<std::int64_t>::min());
}

TEST(keyed_counter, merge_adds_the_counts_of_another) {
  words left;
  words right;
  left.update(std::vector{"a"s, "b"s});
  right.update(std::vector{"b"s, "c"s, long_word});
  std::thread([&] { right.add("c"); }).join();
  left.merge(right);
  EXPECT_EQ(left.most_common(), (counts<std::string>{{"b", 2}, {"c", 2}, {"a", 1}, {long_word, 1}}));
  EXPECT_EQ(right.total(), 4);
  left.merge(words());
  EXPECT_EQ(left.total(), 6);
}

TEST(keyed_counter, merging_a_counter_with_itself_doubles_it) {
  words counter;
  counter.update(std::vector{"a"s, "a"s, "b"s});
  std::thread([&] { counter.add("b", 5); }).join();
  counter.merge(counter);
  EXPECT_EQ(counter.most_common(), (counts<std::string>{{"b", 12}, {"a", 4}}));
}

TEST(keyed_counter, clear_forgets_everything_and_counting_goes_on) {
  words counter;
  counter.update(std::vector{"a"s, long_word});
  std::thread([&] { counter.add("b"); }).join();
  counter.clear();
  EXPECT_TRUE(counter.empty());
  EXPECT_EQ(counter.size(), 0U);
  EXPECT_EQ(counter.total(), 0);
  EXPECT_EQ(counter.count("a"), 0);
  counter.add("a");
  EXPECT_EQ(counter.snapshot(), (counts<std::string>{{"a", 1}}));
}

TEST(keyed_counter, what_a_thread_counted_stays_when_it_ends) {
  words counter;
  for (int i = 0; i < 20; ++i) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&, t] {
        counter.add("all");
        counter.add(std::to_string(t));
      });
  }
  EXPECT_EQ(counter.count("all"), 60);
  EXPECT_EQ(counter.count("2"), 20);
  EXPECT_EQ(counter.size(), 4U);
}

struct adds_when_destroyed {
  words* counter = nullptr;
  ~adds_when_destroyed() {
    if (counter != nullptr) counter->add("late");
  }
};
thread_local adds_when_destroyed late;

TEST(keyed_counter, long_words_of_several_threads_are_each_freed_once) {
  plait::keyed_counter<std::string> counter;
  const auto count_from = [&](int first) {
    for (int i = first; i != first + 20; ++i) counter.add(long_word + std::to_string(i));
  };
  count_from(0);
  std::jthread(count_from, 10).join();
  EXPECT_EQ(counter.size(), 30U);
  EXPECT_EQ(counter.count(long_word + "12"), 2);
  EXPECT_EQ(counter.count(long_word + "29"), 1);
}

// Key 1 counts key 0 when one of it is destroyed.
struct adds_at_its_end {
  struct hash {
    std::size_t operator()(const adds_at_its_end& of) const { return static_cast<std::size_t>(of.number); }
  };
  using counter = plait::keyed_counter<adds_at_its_end, hash>;

  explicit adds_at_its_end(int which) : number(which) {}
  adds_at_its_end(const adds_at_its_end&) = default;
  ~adds_at_its_end() {
    if (number != 1 || to == nullptr) return;
    ++added;
    to->add(adds_at_its_end(0));
  }
  friend bool operator==(const adds_at_its_end& a, const adds_at_its_end& b) { return a.number == b.number; }

  int number;
  static inline counter* to = nullptr;
  static inline int added = 0;
};

TEST(keyed_counter, what_the_destructor_of_a_key_adds_while_its_table_is_poured_is_kept) {
  adds_at_its_end::counter counter;
  counter.add(adds_at_its_end(2));
  EXPECT_EQ(counter.size(), 1U);  // there is a common table, so a full one is poured
  for (int i = 1; i <= 49'152; ++i) counter.add(adds_at_its_end(i));
  adds_at_its_end::to = &counter;
  counter.add(adds_at_its_end(-1));
  adds_at_its_end::to = nullptr;
  EXPECT_GE(adds_at_its_end::added, 1);
  EXPECT_EQ(counter.count(adds_at_its_end(0)), adds_at_its_end::added);
}

TEST(keyed_counter, the_destructor_of_a_thread_local_object_can_add) {
  words counter;
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      late.counter = &counter;
      counter.add("early");
    }).join();
  }
  EXPECT_EQ(counter.most_common(), (counts<std::string>{{"early", 3}, {"late", 3}}));
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(keyed_counter, known_words_are_counted_and_looked_up_without_allocating) {
  words counter;
  const std::vector<std::string_view> known{"cat", "dog", long_word};
  counter.update(known);
  const std::size_t before = allocations::calls;
  counter.update(known);
  counter.add("cat");
  counter.add(std::string_view(long_word));
  const std::int64_t cats = counter.count("cat"sv);
  const std::int64_t others =
      counter.count(std::string_view(long_word)) + counter.count("bird"sv) + counter.total();
  EXPECT_EQ(allocations::calls, before);
  EXPECT_EQ(cats, 3);
  EXPECT_EQ(others, 3 + 0 + 8);
}
#endif

#if PLAIT_COUNTS_ALLOCATIONS
TEST(keyed_counter, takes_at_most_fifty_bytes_for_a_short_word) {
  std::vector<std::string> vocabulary;
  for (int i = 0; i < 200'000; ++i) vocabulary.push_back("word" + std::to_string(i));
  words counter;
  std::ptrdiff_t held = 0;
  std::thread([&] {
    counter.update(vocabulary);
    held = allocations::bytes_held;
  }).join();
  EXPECT_LT(held, std::ssize(vocabulary) * 50);
}
#endif

struct same_letters {
  using is_transparent = void;
  static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
  }
  bool operator()(std::string_view left, std::string_view right) const {
    return std::ranges::equal(left, right, {}, lower, lower);
  }
  std::size_t operator()(std::string_view word) const {
    std::size_t hash = 0;
    for (const char letter : word) hash = hash * 31 + static_cast<std::size_t>(lower(letter));
    return hash;
  }
};

TEST(keyed_counter, the_users_hash_and_equality_decide_and_the_first_spelling_stays) {
  plait::keyed_counter<std::string, same_letters, same_letters> counter;
  counter.update(std::vector{"Cat"sv, "cAT"sv, "dog"sv});
  counter.add("CAT"s);
  EXPECT_EQ(counter.most_common(), (counts<std::string>{{"Cat", 3}, {"dog", 1}}));
}

struct same_hash {
  std::size_t operator()(int) const { return 42; }
};

TEST(keyed_counter, a_hash_that_is_always_the_same_is_slow_and_right) {
  plait::keyed_counter<int, same_hash> counter;
  counter.update(std::views::iota(0, 300));
  counter.update(std::views::iota(100, 200));
  EXPECT_EQ(counter.size(), 300U);
  EXPECT_EQ(counter.count(99), 1);
  EXPECT_EQ(counter.count(100), 2);
}

struct point {
  int x;
  int y;
  bool operator==(const point&) const = default;
};
struct hash_of_point {
  std::size_t operator()(const point& p) const { return static_cast<std::size_t>(p.x * 31 + p.y); }
};

TEST(keyed_counter, keys_need_no_order) {
  plait::keyed_counter<point, hash_of_point> counter;
  counter.add({1, 2});
  counter.add({3, 4}, 2);
  EXPECT_EQ(counter.most_common(1), (std::vector<std::pair<point, std::int64_t>>{{{3, 4}, 2}}));
}

}  // namespace
