// SPDX-License-Identifier: MIT
// Every operation of keyed_counter that can throw, with every copy, move, hash, comparison and allocation in
// it failing in turn.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <ranges>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/keyed_counter.hpp>

#include "support/faults.hpp"

namespace {

using faults::fragile;
using counter = plait::keyed_counter<fragile, faults::hash>;
using counts = std::map<int, std::int64_t>;

constexpr int new_key = 1'000'000;

std::vector<fragile> keys(int first, int last) {
  std::vector<fragile> all;
  all.reserve(static_cast<std::size_t>(last - first));
  for (int key = first; key != last; ++key) all.emplace_back(key);
  return all;
}

// Runs `work` in another thread, the same one each time, because there are thousands of trials.
void elsewhere(std::function<void()> work) {
  static plait::bounded_queue<std::function<void()>> queue(1);
  static const std::jthread other([] {
    while (auto next = queue.pop()) {
      (*next)();
      next.reset();
      queue.task_done();
    }
  });
  static const struct closes_queue {
    ~closes_queue() { queue.close(); }
  } at_exit;
  queue.push(std::move(work));
  queue.join();
}

// A counter with keys 0 .. size - 1, whose counts are spread over the common table, this thread's and that of
// another thread.
struct world {
  explicit world(int size) {
    count(0, size / 2, 1);
    EXPECT_EQ(tested.size(), counted.size());  // moves them to the common table
    elsewhere([&] { count(size / 4, size, 2); });
    count(0, size / 3, 3);
    other.add(fragile(0), 5);
    other.add(fragile(new_key), 7);
  }

  void count(int first, int last, std::int64_t n) {
    for (const fragile& key : keys(first, last)) {
      tested.add(key, n);
      counted[key.value()] += n;
      total += n;
    }
  }

  counter tested;
  counts counted;  // what it should hold
  std::int64_t total = 0;
  counter other;  // to be merged

  // The keys passed to operations, so that these make none of their own.
  fragile known{0};
  fragile unknown{new_key};
  std::vector<fragile> batch = keys(-258, 4);
};

counts ones(int first, int last) {
  counts all;
  for (int key = first; key != last; ++key) all[key] = 1;
  return all;
}

struct operation {
  std::string_view name;
  void (*run)(world&);
  counts adds = {};
  bool throws_halfway = false;  // some keys may then have been counted, each wholly or not at all
};

const operation operations[] = {
    {"add_known", [](world& in) { in.tested.add(in.known, 3); }, {{0, 3}}},
    {"add_new", [](world& in) { in.tested.add(in.unknown); }, {{new_key, 1}}},
    {"add_moving", [](world& in) { in.tested.add(std::move(in.unknown), 2); }, {{new_key, 2}}},
    {"update", [](world& in) { in.tested.update(in.batch); }, ones(-258, 4), true},
    {"update_from_temporaries",
     [](world& in) {
       in.tested.update(std::views::iota(-258, 4) |
                        std::views::transform([](int key) { return fragile(key); }));
     },
     ones(-258, 4), true},
    {"merge", [](world& in) { in.tested.merge(in.other); }, {{0, 5}, {new_key, 7}}, true},
    {"subtract", [](world& in) { in.tested.subtract(in.other); }, {{0, -5}, {new_key, -7}}, true},
    {"erase_unknown", [](world& in) { EXPECT_FALSE(in.tested.erase(in.unknown)); }},
    {"count",
     [](world& in) { EXPECT_EQ(in.tested.count(in.known), in.counted.empty() ? 0 : in.counted.at(0)); }},
    {"count_unknown", [](world& in) { EXPECT_EQ(in.tested.count(in.unknown), 0); }},
    {"size", [](world& in) { EXPECT_EQ(in.tested.size(), in.counted.size()); }},
    {"snapshot", [](world& in) { EXPECT_EQ(in.tested.snapshot().size(), in.counted.size()); }},
    {"most_common", [](world& in) { EXPECT_EQ(in.tested.most_common().size(), in.counted.size()); }},
    {"most_common_3", [](world& in) { EXPECT_LE(in.tested.most_common(3).size(), 3U); }},
    {"for_each_with_a_visitor_that_throws",
     [](world& in) { in.tested.for_each([](const fragile&, std::int64_t) { faults::point(); }); }},
};

void PrintTo(const operation& each, std::ostream* out) {
  *out << each.name;
}

// All counts, and the address of each key.
struct look {
  explicit look(const counter& at) {
    at.for_each([&](const fragile& key, std::int64_t n) {
      EXPECT_TRUE(counted.emplace(key.value(), n).second) << key.value() << " is shown twice";
      places[key.value()] = &key;
    });
  }

  counts counted;
  std::map<int, const fragile*> places;
};

counts sum(counts left, const counts& right) {
  for (const auto& [key, n] : right) left[key] += n;
  return left;
}

void expect_some_were_added(const counts& before, const counts& after, const counts& some) {
  const counts all = sum(before, some);
  for (const auto& [key, n] : after) {
    const auto was = before.find(key);
    EXPECT_TRUE(n == all.at(key) || n == (was == before.end() ? 0 : was->second)) << key << ": " << n;
  }
  for (const auto& [key, n] : before) EXPECT_TRUE(after.contains(key)) << key << " is lost";
}

void attempt(const operation& each, int size, faults::trial& trial) {
  world in(size);
  const bool returned = trial.returns([&] { each.run(in); });
  const look after(in.tested);
  if (returned) {
    EXPECT_EQ(after.counted, sum(in.counted, each.adds));
  } else if (each.throws_halfway) {
    expect_some_were_added(in.counted, after.counted, each.adds);
  } else {
    EXPECT_EQ(after.counted, in.counted);
  }

  // It still works, in any thread; and keys that a visitor has seen have not moved.
  const std::int64_t total = in.tested.total();
  elsewhere([&] {
    for (const fragile& key : keys(-1100, -1000)) in.tested.add(key);
  });
  EXPECT_EQ(in.tested.total(), total + 100);
  const look later(in.tested);
  EXPECT_EQ(later.counted, sum(after.counted, ones(-1100, -1000)));
  for (const auto& [key, place] : after.places) EXPECT_EQ(later.places.at(key), place) << key << " has moved";
}

class keyed_counter_operations : public faults::test, public testing::WithParamInterface<operation> {};

// 12 entries fill the first index of a table, 256 a block; the common table holds half of each number.
TEST_P(keyed_counter_operations, that_throw_have_changed_nothing) {
  for (const int size : {0, 24, 260}) {
    SCOPED_TRACE(size);
    inject([&](faults::trial& trial) { attempt(GetParam(), size, trial); });
  }
}

INSTANTIATE_TEST_SUITE_P(each, keyed_counter_operations, testing::ValuesIn(operations),
                         [](const auto& test) { return std::string(test.param.name); });

#if PLAIT_COUNTS_ALLOCATIONS
using keyed_counter_faults = faults::test;

// Strings are kept as packed_string.
TEST_F(keyed_counter_faults, whatever_allocation_fails_no_word_is_lost_or_counted_by_half) {
  const std::string short_word = "cat";
  const std::string long_word(100, 'x');
  inject([&](faults::trial& trial) {
    plait::keyed_counter<std::string> words;
    words.add(short_word);
    const bool added = trial.returns([&] {
      words.add(short_word, 0);  // known: needs no memory
      words.add(std::string_view(long_word));
    });
    EXPECT_EQ(words.count(long_word), added ? 1 : 0);
    const bool listed = trial.returns([&] { EXPECT_EQ(words.most_common().size(), added ? 2U : 1U); });
    EXPECT_EQ(words.total(), added ? 2 : 1);
    EXPECT_TRUE(added || listed);  // each run has one fault
  });
}
#endif

}  // namespace
