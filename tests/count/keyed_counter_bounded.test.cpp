// SPDX-License-Identifier: MIT
// A keyed_counter with max_keys beside exact counts of streams of every kind, by one thread and by several.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/keyed_counter.hpp>

#include "support/held_keys.hpp"
#include "support/sanitizer.hpp"

namespace {

using counter = plait::keyed_counter<int>;
using counts = std::map<int, std::int64_t>;
using stream = std::vector<int>;

constexpr int never_added = -1;
// A thread's table holds that many keys, if max_keys is not greater.
constexpr int own_keys = 768;

// All that a counter with max_keys promises, when nobody adds.
void expect_bounds_hold(const counter& tested, std::size_t max_keys, const counts& added) {
  std::int64_t total = 0;
  for (const auto& [key, n] : added) total += n;
  ASSERT_EQ(tested.total(), total);

  const auto all = tested.most_common_estimates(std::numeric_limits<std::size_t>::max());
  ASSERT_LE(all.size(), max_keys);
  ASSERT_EQ(all.size(), std::min(max_keys, added.size()));
  ASSERT_EQ(tested.size(), all.size());
  counts kept;
  for (const auto& [key, seen] : all) {
    ASSERT_TRUE(kept.emplace(key, seen.count).second) << key << " is there twice";
    ASSERT_TRUE(added.contains(key)) << key << " was never added";
    ASSERT_EQ(tested.estimate(key).count, seen.count);
    ASSERT_EQ(tested.estimate(key).error, seen.error);
  }
  ASSERT_TRUE(std::ranges::is_sorted(all, std::greater(), [](const auto& each) { return each.second.count; }));

  const std::int64_t most_error = total / static_cast<std::int64_t>(max_keys);
  const auto expect_within = [&](int key, std::int64_t n) {
    const plait::count_estimate seen = tested.estimate(key);
    ASSERT_GE(seen.count, n) << key;
    ASSERT_LE(seen.count - seen.error, n) << key;
    ASSERT_GE(seen.error, 0) << key;
    ASSERT_LE(seen.error, most_error) << key;
    if (n > most_error) {
      ASSERT_TRUE(kept.contains(key)) << key << " has " << n << " of " << total;
    }
  };
  for (const auto& [key, n] : added) expect_within(key, n);
  expect_within(never_added, 0);
}

// -- streams --

constexpr int length = 12'000;

// Key k in proportion to 1 / (k + 1).
stream zipf(std::mt19937_64& random, int keys) {
  std::vector<double> weights;
  for (int i = 0; i != keys; ++i) weights.push_back(1.0 / (i + 1));
  std::discrete_distribution<int> key(weights.begin(), weights.end());
  stream made(length);
  std::ranges::generate(made, [&] { return key(random); });
  return made;
}

// Each key once: whatever is kept is as good as anything else.
stream distinct() {
  stream made;
  for (int i = 0; i != length; ++i) made.push_back(i);
  return made;
}

// One key after the other, in turn: the worst order for Space-Saving when there is one key too many.
stream in_turn(int keys) {
  stream made;
  for (int i = 0; i != length; ++i) made.push_back(i % keys);
  return made;
}

// Frequent keys first, and then so many others that they may be forgotten.
stream frequent_first() {
  stream made;
  for (int i = 0; i != length; ++i) made.push_back(i < length / 4 ? i % 5 : i);
  return made;
}

// The other way round: what counts comes when the errors are at their greatest.
stream frequent_last() {
  stream made = frequent_first();
  std::ranges::reverse(made);
  return made;
}

// Other keys are frequent in each part.
stream rotating() {
  stream made;
  for (int i = 0; i != length; ++i) made.push_back(i % 3 == 0 ? i : i / 2000 * 10 + i % 4);
  return made;
}

// A key that has just more than its part, evenly spread among keys that come once.
stream barely_frequent(std::size_t max_keys) {
  stream made;
  const int step = static_cast<int>(max_keys);
  for (int i = 0; i != length; ++i) made.push_back(i % step == 0 || i == 1 ? 0 : i);
  return made;
}

struct named_stream {
  std::string name;
  stream keys;
};

std::vector<named_stream> all_streams(std::size_t max_keys) {
  std::mt19937_64 random(max_keys);  // NOLINT(bugprone-random-generator-seed): the same each time
  const auto keys = static_cast<int>(max_keys);
  return {{"zipf_100", zipf(random, 100)},
          {"zipf_10000", zipf(random, 10'000)},
          {"distinct", distinct()},
          {"one_key_too_many_in_turn", in_turn(keys + 1)},
          {"twice_the_keys_in_turn", in_turn(2 * keys)},
          {"as_many_keys_as_fit", in_turn(keys)},
          {"frequent_first", frequent_first()},
          {"frequent_last", frequent_last()},
          {"rotating", rotating()},
          {"barely_frequent", barely_frequent(max_keys)}};
}

class keyed_counter_bounds : public testing::TestWithParam<std::size_t> {};

TEST_P(keyed_counter_bounds, hold_for_any_stream_and_whenever_it_is_read) {
  const std::size_t max_keys = GetParam();
  for (const auto& [name, keys] : all_streams(max_keys)) {
    // A read after each add makes the table take in one key at a time; without reads it takes in own_keys.
    for (const int read_every : {1, 7, own_keys, length}) {
      SCOPED_TRACE(name + ", read after " + std::to_string(read_every));
      counter tested({.max_keys = max_keys});
      counts added;
      const int adds = read_every < 10 ? length / 10 : length;
      for (int i = 0; i != adds; ++i) {
        tested.add(keys[static_cast<std::size_t>(i)]);
        ++added[keys[static_cast<std::size_t>(i)]];
        if (i % read_every == 0) {
          ASSERT_LE(tested.size(), max_keys);
        }
      }
      expect_bounds_hold(tested, max_keys, added);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(keyed_counter_bounds, hold_for_adds_of_any_size_and_for_batches) {
  const std::size_t max_keys = GetParam();
  std::mt19937_64 random(1);  // NOLINT(bugprone-random-generator-seed): the same each time
  counter tested({.max_keys = max_keys});
  counts added;
  for (int part = 0; part != 20; ++part) {
    stream batch(2000);
    std::ranges::generate(batch, [&] { return static_cast<int>(random() % (1U << random() % 14)); });
    tested.update(batch);
    for (const int key : batch) ++added[key];
    const int key = static_cast<int>(random() % 10'000);
    const auto n = static_cast<std::int64_t>(random() % 1'000);  // 0 too
    tested.add(key, n);
    added[key] += n;
    expect_bounds_hold(tested, max_keys, added);
    if (HasFatalFailure()) return;
  }
}

TEST_P(keyed_counter_bounds, hold_when_several_threads_add_while_one_reads) {
  const std::size_t max_keys = GetParam();
  const std::vector<named_stream> streams = all_streams(max_keys);
  counter tested({.max_keys = max_keys});
  std::atomic<std::int64_t> hot = 0;  // adds of key 0 that have returned
  std::atomic<std::size_t> adding = streams.size();
  {
    std::vector<std::jthread> threads;
    for (const named_stream& each : streams)
      threads.emplace_back([&] {
        for (const int key : each.keys) {
          tested.add(key);
          if (key == 0) ++hot;
        }
        --adding;
      });
    while (adding != 0) {
      const std::int64_t before = hot;
      ASSERT_GE(tested.count(0), before);
      const auto seen = tested.snapshot();
      ASSERT_LE(seen.size(), max_keys);
      const plait::count_estimate never = tested.estimate(never_added);
      ASSERT_EQ(never.count, never.error);
      ASSERT_LE(never.error, tested.total() / static_cast<std::int64_t>(max_keys));
    }
  }
  counts added;
  for (const named_stream& each : streams)
    for (const int key : each.keys) ++added[key];
  expect_bounds_hold(tested, max_keys, added);
}

TEST_P(keyed_counter_bounds, add_up_when_two_counters_are_merged) {
  const std::size_t max_keys = GetParam();
  const std::vector<named_stream> streams = all_streams(max_keys);
  for (std::size_t i = 0; i != streams.size(); ++i)
    for (const std::size_t apart : under_sanitizer ? std::vector{1U} : std::vector{0U, 1U, 4U}) {
      const named_stream& left = streams[i];
      const named_stream& right = streams[(i + apart) % streams.size()];
      SCOPED_TRACE(left.name + " and " + right.name);
      counter tested({.max_keys = max_keys});
      counter other({.max_keys = max_keys});
      tested.update(left.keys);
      other.update(right.keys);
      tested.merge(other);
      counts added;
      for (const int key : left.keys) ++added[key];
      for (const int key : right.keys) ++added[key];
      expect_bounds_hold(tested, max_keys, added);
      tested.update(right.keys);
      for (const int key : right.keys) ++added[key];
      expect_bounds_hold(tested, max_keys, added);
      if (HasFatalFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(max_keys, keyed_counter_bounds,
                         testing::ValuesIn(under_sanitizer ? std::vector<std::size_t>{2, 100}
                                                           : std::vector<std::size_t>{1, 2, 10, 100, 1'000}),
                         testing::PrintToStringParamName());

TEST(keyed_counter_bounded, as_long_as_all_keys_fit_counts_are_exact_and_in_order) {
  plait::keyed_counter<std::string> words({.max_keys = 3});
  const std::string long_word(100, 'x');
  words.add("cat", 2);
  words.update(std::vector<std::string_view>{"dog", long_word, "cat"});
  EXPECT_EQ(words.snapshot(),
            (std::vector<std::pair<std::string, std::int64_t>>{{"cat", 3}, {"dog", 1}, {long_word, 1}}));
  EXPECT_EQ(words.count("bird"), 0);
  EXPECT_EQ(words.estimate(long_word).error, 0);
  std::vector<std::string> elements;
  for (const std::string& word : words.elements()) elements.push_back(word);
  EXPECT_EQ(elements, (std::vector<std::string>{"cat", "cat", "cat", "dog", long_word}));
}

TEST(keyed_counter_bounded, a_frequent_key_is_told_from_one_that_came_last) {
  plait::keyed_counter<std::string> words({.max_keys = 2});
  words.add("often", 100);
  words.size();
  for (int i = 0; i != 10; ++i) {
    words.add("seldom " + std::to_string(i));
    words.size();
  }
  const auto common = words.most_common_estimates(1);
  ASSERT_EQ(common.size(), 1U);
  EXPECT_EQ(common.front().first, "often");
  EXPECT_EQ(common.front().second.count, 100);
  EXPECT_EQ(common.front().second.error, 0) << "it was there from the first";
  EXPECT_LE(words.estimate("seldom 9").count, 10);
  EXPECT_EQ(words.total(), 110);
}

TEST(keyed_counter_bounded, clear_forgets_all_errors) {
  counter tested({.max_keys = 2});
  tested.update(distinct());
  EXPECT_GT(tested.count(never_added), 0);
  tested.clear();
  EXPECT_TRUE(tested.empty());
  EXPECT_EQ(tested.total(), 0);
  EXPECT_EQ(tested.count(never_added), 0);
  tested.add(7, 3);
  expect_bounds_hold(tested, 2, {{7, 3}});
}

TEST(keyed_counter_bounded, merges_one_that_has_no_bound_and_itself) {
  counter tested({.max_keys = 10});
  counter exact;
  for (int i = 0; i != 100; ++i) exact.add(i, i);
  counts added;
  for (int i = 0; i != 100; ++i) added[i] = i;
  tested.merge(exact);
  expect_bounds_hold(tested, 10, added);
  tested.merge(tested);
  for (auto& [key, n] : added) n *= 2;
  expect_bounds_hold(tested, 10, added);
}

template <class Error, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(keyed_counter_bounded, refuses_what_it_cannot_answer_and_says_so) {
  counter tested({.max_keys = 5});
  counter exact;
  tested.update(in_turn(7));
  exact.add(1);
  const auto expect_refused = [](std::string_view name, const std::function<void()>& call) {
    const std::string message = message_of<std::logic_error>(call);
    EXPECT_NE(message.find(name), std::string::npos) << message;
    EXPECT_NE(message.find("max_keys"), std::string::npos) << message;
  };
  expect_refused("erase()", [&] { tested.erase(1); });
  expect_refused("subtract()", [&] { tested.subtract(std::vector{1}); });
  expect_refused("subtract()", [&] { tested.subtract(exact); });
  expect_refused("subtract()", [&] { exact.subtract(tested); });
  expect_refused("merge()", [&] { exact.merge(tested); });
  expect_refused("operator", [&] { tested + exact; });
  expect_refused("operator", [&] { exact - tested; });
  expect_refused("operator", [&] { tested & tested; });
  expect_refused("operator", [&] { tested | exact; });
  EXPECT_NE(message_of<std::invalid_argument>([&] { tested.add(1, -3); }).find("-3"), std::string::npos);
  EXPECT_NE(message_of<std::invalid_argument>([] { counter({.max_keys = 0}); }).find("max_keys is 0"),
            std::string::npos);
  EXPECT_EQ(tested.total(), length) << "nothing was changed";
  EXPECT_EQ(exact.total(), 1);
}

TEST(keyed_counter_bounded, without_a_bound_estimates_are_counts) {
  plait::keyed_counter<std::string> words;
  words.add("cat", -2);
  words.add("dog", 3);
  EXPECT_EQ(words.estimate("cat").count, -2);
  EXPECT_EQ(words.estimate("cat").error, 0);
  const auto common = words.most_common_estimates(5);
  ASSERT_EQ(common.size(), 2U);
  EXPECT_EQ(common[0].first, "dog");
  EXPECT_EQ(common[0].second.count, 3);
  EXPECT_EQ(common[1].second.count, -2);
}

TEST(keyed_counter_bounded, what_a_visitor_is_shown_stays_while_others_drop_keys) {
  plait::keyed_counter<std::string> words({.max_keys = 2});
  const std::string long_word(100, 'x');
  words.add(long_word, 5);
  words.add("short", 4);
  std::size_t shown = 0;
  words.for_each([&](std::string_view word, std::int64_t) {
    std::thread([&] {
      for (int i = 0; i != 4 * own_keys; ++i) words.add("another long word, number " + std::to_string(i), 10);
    }).join();
    EXPECT_TRUE(word == long_word || word == "short") << word;
    ++shown;
  });
  EXPECT_EQ(shown, 2U);
}

// -- memory --

TEST(keyed_counter_bounded, holds_no_more_keys_however_many_are_counted) {
  constexpr std::size_t adders = 3;
  for (const std::size_t max_keys : {10U, 5'000U}) {
    plait::keyed_counter<held_keys::key, held_keys::hash> tested({.max_keys = max_keys});
    held_keys::most = held_keys::held.load();
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i != adders; ++i)
        threads.emplace_back([&, i] {
          for (int key = 0; key != 100'000; ++key) tested.add(held_keys::key(key * (static_cast<int>(i) + 1)));
        });
      for (int read = 0; read != 50; ++read) tested.size();
    }
    // As the header says: in each thread's table, in the common one, and in what threads drop or copy of that.
    const std::size_t own = std::max<std::size_t>(max_keys, own_keys);
    const std::size_t common = 2 * max_keys + own;
    EXPECT_LE(static_cast<std::size_t>(held_keys::most),
              adders * own + common + (adders + 1) * (common + own) + adders);
    EXPECT_EQ(tested.size(), max_keys);
    EXPECT_EQ(tested.total(), adders * 100'000);
  }
  EXPECT_EQ(held_keys::held, 0);
}

}  // namespace
