// SPDX-License-Identifier: MIT
// Every pair of operations on a keyed_counter, threads that end while others count, and allocations that fail.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/keyed_counter.hpp>

#include <verify/scenario.hpp>

#include "support/operation_pairs.hpp"

namespace {

using verify::check;
using verify::threads;

// A key whose every use is checked for races: tables are plain memory, guarded only by their locks.
class key {
 public:
  key(int value) : value_(value) {}
  key(const key& other) : value_(other.value()) {}
  int value() const { return value_.read(); }
  friend bool operator==(const key& left, const key& right) { return left.value() == right.value(); }

 private:
  verify::plain<int> value_;
};
struct hash_of_key {
  std::size_t operator()(const key& of) const { return static_cast<std::size_t>(of.value()); }
};
using counter = plait::keyed_counter<key, hash_of_key>;

// What a read of all keys saw.
struct view {
  int keys = 0;
  std::int64_t total = 0;
  bool twice = false;  // some key came more than once

  void take(const key& seen, std::int64_t count) {
    twice = twice || (taken_ >> seen.value() & 1U) != 0;
    taken_ |= 1U << seen.value();
    ++keys;
    total += count;
  }

 private:
  unsigned taken_ = 0;
};

view look(const counter& at) {
  view all;
  at.for_each([&](const key& seen, std::int64_t count) { all.take(seen, count); });
  return all;
}

// Of a key that was added at least `least` and at most `most` times.
void expect_within(const counter& at, int which, std::int64_t least, std::int64_t most) {
  const plait::count_estimate seen = at.estimate(which);
  check(seen.error >= 0 && seen.count >= least && seen.count - seen.error <= most, "the estimate holds");
}

template <class Pairs>
view view_of(const Pairs& pairs) {
  view all;
  for (const auto& [seen, count] : pairs) all.take(seen, count);
  return all;
}

// The counter under test holds key 1 once, or nothing; `other` key 2 once.
struct world {
  explicit world(bool empty = false) {
    if (!empty) tested.add(1);
    other.add(2);
  }
  counter tested;
  counter other;
};

struct operation {
  const char* name;
  void (*run)(world&, view& seen);
  int adds = 0;         // to the total
  bool looks = false;   // at the total
  bool counts = false;  // the keys
  bool clears = false;
};

const operation operations[] = {
    {.name = "add", .run = [](world& in, view&) { in.tested.add(1); }, .adds = 1},
    {.name = "update", .run = [](world& in, view&) { in.tested.update(std::vector<key>{1, 2}); }, .adds = 2},
    {.name = "merge", .run = [](world& in, view&) { in.tested.merge(in.other); }, .adds = 1},
    {.name = "count",
     .run = [](world& in, view& seen) { seen.total = in.tested.count(1) + in.tested.count(2); },
     .looks = true},
    {.name = "total", .run = [](world& in, view& seen) { seen.total = in.tested.total(); }, .looks = true},
    {.name = "size",
     .run = [](world& in, view& seen) { seen.keys = static_cast<int>(in.tested.size()); },
     .counts = true},
    {.name = "empty",
     .run = [](world& in, view& seen) { seen.keys = in.tested.empty() ? 0 : 1; },
     .counts = true},
    {.name = "most_common",
     .run = [](world& in, view& seen) { seen = view_of(in.tested.most_common()); },
     .looks = true,
     .counts = true},
    {.name = "snapshot",
     .run = [](world& in, view& seen) { seen = view_of(in.tested.snapshot()); },
     .looks = true,
     .counts = true},
    {.name = "for_each",
     .run = [](world& in, view& seen) { seen = look(in.tested); },
     .looks = true,
     .counts = true},
    {.name = "erase", .run = [](world& in, view&) { in.tested.erase(1); }, .clears = true},
    {.name = "clear", .run = [](world& in, view&) { in.tested.clear(); }, .clears = true},
};

// In concurrent threads, from a counter that holds one key or none.
void run_together(bool empty, const std::array<const operation*, 3>& all) {
  world in(empty);
  std::array<view, 3> seen;
  const auto run = [&](std::size_t which) { return [&, which] { all[which]->run(in, seen[which]); }; };
  if (all[2] != nullptr) {
    threads(run(0), run(1), run(2));
  } else {
    threads(run(0), run(1));
  }

  int added = 0;
  bool cleared = false;
  for (const operation* each : all) {
    if (each == nullptr) continue;
    added += each->adds;
    cleared = cleared || each->clears;
  }
  const int most = added + (empty ? 0 : 1);
  const int least = empty || cleared ? 0 : 1;
  for (std::size_t i = 0; i != all.size() && all[i] != nullptr; ++i) {
    check(!seen[i].twice, "no key is shown twice");
    if (all[i]->looks) check(seen[i].total >= least && seen[i].total <= most, "what was added, and once");
    if (all[i]->counts) check(seen[i].keys >= least && seen[i].keys <= std::min(most, 2), "the keys there are");
  }
  const std::int64_t total = in.tested.total();
  if (cleared) {
    check(total >= 0 && total <= added, "clear() leaves nothing that was there before");
  } else {
    check(total == most, "no count is lost");
  }
  check(look(in.tested).total == total, "readers agree");
}

// Every pair of operations; with `third`, if there is one.
std::vector<model::row> rows(const operation* third, const verify::options& how) {
  std::vector<model::row> all;
  for (const bool empty : {true, false}) {
    const std::string state = empty ? "empty_" : "one_key_";
    for (const operation& first : operations) {
      model::row made{.name = state + first.name};
      for (const operation* second = &first; second != std::end(operations); ++second)
        made.scenarios->push_back(
            {state + first.name + "_" + second->name + (third != nullptr ? std::string("_") + third->name : ""),
             [empty, together = std::array{&first, second, third}] { run_together(empty, together); }, how});
      all.push_back(std::move(made));
    }
  }
  return all;
}

counter* added_to_late = nullptr;

void add_late() noexcept {
  added_to_late->add(2);
}

const verify::scenario scenarios[] = {
    {"two_counters_that_merge_each_other",
     [] {
       world in;
       threads([&] { in.tested.merge(in.other); }, [&] { in.other.merge(in.tested); });
       check(in.tested.count(1) + in.other.count(2) >= 2, "nothing is lost");
       check(in.tested.count(2) >= 1 && in.other.count(1) >= 1, "each has what the other had");
     },
     {.depth_first = 5'000}},

    {"merging_itself_while_somebody_adds",
     [] {
       world in;
       threads([&] { in.tested.merge(in.tested); }, [&] { in.tested.add(1); });
       check(in.tested.total() == 3 || in.tested.total() == 4);
     },
     {.depth_first = 5'000}},

    {"an_add_and_two_readers",
     [] {
       world in;
       view first;
       view second;
       threads([&] { in.tested.add(2); }, [&] { first = look(in.tested); },
               [&] {
                 const std::int64_t before = in.tested.total();
                 second = look(in.tested);
                 check(second.total >= before, "what was seen once is seen again");
               });
       check(first.total >= 1 && first.total <= 2 && second.total <= 2);
       check(look(in.tested).total == 2);
     },
     {.depth_first = 5'000}},

    {"an_add_a_reader_and_a_clear",
     [] {
       world in;
       threads([&] { in.tested.add(2); }, [&] { look(in.tested); }, [&] { in.tested.clear(); });
       check(in.tested.count(1) == 0, "no reader saves a count from clear()");
       check(in.tested.count(2) <= 1);
     },
     {.depth_first = 5'000}},

    {"an_update_a_subtract_and_a_reader",
     [] {
       world in;
       view seen;
       threads([&] { in.tested.update(std::vector<key>{1, 2}); },
               [&] { in.tested.subtract(std::vector<key>{1, 2}); }, [&] { seen = look(in.tested); });
       check(!seen.twice && seen.total >= -1 && seen.total <= 3);
       check(in.tested.count(1) == 1 && in.tested.count(2) == 0 && in.tested.size() == 2);
     },
     {.depth_first = 5'000}},

    {"an_erase_a_reader_and_an_add",
     [] {
       world in;
       bool found = false;
       view seen;
       threads([&] { found = in.tested.erase(1); }, [&] { seen = look(in.tested); },
               [&] {
                 in.tested.add(2);
                 in.tested.add(1);
               });
       check(found && !seen.twice, "it was there all the time");
       check(in.tested.count(1) <= 1 && in.tested.count(2) == 1, "nobody saves a count from erase()");
     },
     {.depth_first = 5'000}},

    {"two_erases_find_a_key_once_or_in_two_tables",
     [] {
       world in;
       int found = 0;
       bool also = false;
       threads([&] { found = in.tested.erase(1) ? 1 : 0; }, [&] { also = in.tested.erase(1); },
               [&] { in.tested.total(); });
       check(found + (also ? 1 : 0) == 1);
       check(in.tested.empty());
     },
     {.depth_first = 5'000}},

    {"four_operations_of_a_thread_while_another_reads",
     [] {
       world in;
       threads(
           [&] {
             in.tested.add(2);
             in.tested.erase(1);
             in.tested.add(2);
             check(in.tested.count(2) >= 2, "its own adds are there");
           },
           [&] {
             look(in.tested);
             in.tested.add(2);
             check(look(in.tested).keys <= 2);
           });
       check(in.tested.total() == 3 && in.tested.count(2) == 3);
     },
     {.depth_first = 5'000}},

    {"a_late_destructor_adds_while_another_thread_has_the_table",
     [] {
       world in;
       added_to_late = &in.tested;
       threads(
           [&] {
             plait::detail::sync::at_thread_exit<&add_late>();  // runs when the id has been given back
             in.tested.add(2);
           },
           [&] {
             in.tested.add(2);
             verify::jthread([&] { in.tested.add(2), in.tested.add(2); }).join();
             look(in.tested);
           });
       check(in.tested.count(2) == 5);
     },
     {.depth_first = 5'000}},

    {"adding_while_visiting",
     [] {
       world in;
       in.tested.for_each([&](const key&, std::int64_t) { threads([&] { in.tested.add(2); }); });
       check(in.tested.count(2) == 1, "a visitor keeps nobody from adding");
     }},

    {"a_thread_takes_over_the_table_of_one_that_ended",
     [] {
       world in;
       {
         verify::jthread first([&] { in.tested.add(1); });
         verify::jthread second([&] { in.tested.add(2); });
       }
       verify::jthread third([&] { in.tested.add(2); });
       check(look(in.tested).total >= 3, "what a thread counted stays when it ends");
       third.join();
       check(in.tested.count(1) == 2 && in.tested.count(2) == 2);
     },
     {.depth_first = 5'000}},

    // A thread's table holds three keys here, and a block of entries two.
    {"a_full_table_is_poured_while_another_thread_reads",
     [] {
       world in;
       in.tested.size();  // there is a common table: no thread's may be the large one
       view seen;
       threads([&] { in.tested.update(std::vector<key>{3, 4, 5, 1}); },
               [&] {
                 const std::int64_t before = in.tested.count(3);
                 seen = look(in.tested);
                 check(in.tested.count(3) >= before, "what was seen once is seen again");
               });
       check(!seen.twice && seen.total >= 1 && seen.total <= 5);
       const view all = look(in.tested);
       check(!all.twice && all.keys == 4 && all.total == 5);
     },
     {.depth_first = 3'000}},

    {"two_tables_outgrow_their_bound_and_one_becomes_the_common_table",
     [] {
       counter counted;
       std::int64_t total = 0;
       threads([&] { counted.update(std::vector<key>{1, 2, 3, 4}); },
               [&] { counted.update(std::vector<key>{1, 2, 3, 5}); }, [&] { total = counted.total(); });
       check(total >= 0 && total <= 8);
       check(counted.total() == 8 && counted.count(1) == 2 && counted.count(4) == 1);
       const view all = look(counted);
       check(!all.twice && all.keys == 5 && all.total == 8);
     },
     {.depth_first = 3'000}},

    {"a_full_table_is_poured_while_another_thread_clears",
     [] {
       world in;
       in.tested.size();
       threads([&] { in.tested.update(std::vector<key>{3, 4, 5, 6}); }, [&] { in.tested.clear(); });
       check(in.tested.count(1) == 0, "what was there is gone");
       check(in.tested.total() >= 0 && in.tested.total() <= 4 && look(in.tested).total == in.tested.total());
     },
     {.depth_first = 3'000}},

    {"a_full_table_is_poured_while_another_thread_erases",
     [] {
       world in;
       in.tested.size();
       in.tested.add(3);
       threads([&] { in.tested.update(std::vector<key>{4, 5, 6, 7}); }, [&] { in.tested.erase(3); });
       check(in.tested.count(3) == 0, "nobody saves a count from erase()");
       const view all = look(in.tested);
       check(!all.twice && all.keys == 5 && all.total == 5);
     },
     {.depth_first = 3'000}},

    {"keys_stay_where_a_visitor_sees_them_while_others_pour_and_erase",
     [] {
       world in;
       for (const int each : {2, 3, 4}) in.tested.add(each);
       view seen;
       threads([&] { seen = look(in.tested); },
               [&] {
                 for (const int each : {1, 2, 3}) in.tested.erase(each);  // so many that the rest moves
               },
               [&] { in.tested.update(std::vector<key>{4, 5, 6, 7}); });
       check(!seen.twice && seen.keys >= 1);
       check(look(in.tested).keys == 4 && in.tested.total() == 5);
     },
     {.depth_first = 3'000}},

    // With a bound, keys leave the common table when it is to take in another one and holds two or more.
    {"keys_leave_while_another_thread_reads",
     [] {
       counter counted({.max_keys = 1});
       view seen;
       threads([&] { counted.update(std::vector<key>{1, 2, 3, 4, 1, 5, 6}); },
               [&] {
                 expect_within(counted, 1, 0, 2);
                 seen = look(counted);
                 expect_within(counted, 1, 0, 2);
               });
       check(seen.keys <= 1 && seen.total <= 7, "no more keys than the bound");
       check(counted.total() == 7, "what has left counts in the total");
       expect_within(counted, 1, 2, 2);
       for (const int once : {2, 3, 4, 5, 6}) expect_within(counted, once, 1, 1);
       check(counted.size() == 1 && counted.estimate(7).count <= 7, "at most the total divided by the bound");
     },
     {.depth_first = 3'000}},

    {"two_threads_pour_into_a_bounded_table_and_one_looks",
     [] {
       counter counted({.max_keys = 2});
       threads([&] { counted.update(std::vector<key>{1, 2, 3, 4, 1}); },
               [&] { counted.update(std::vector<key>{5, 6, 1, 7, 8}); },
               [&] {
                 const std::int64_t before = counted.total();
                 expect_within(counted, 1, 0, 3);
                 check(before <= counted.total() && counted.size() <= 2);
               });
       check(counted.total() == 10);
       expect_within(counted, 1, 3, 3);
       for (const int once : {2, 3, 4, 5, 6, 7, 8}) expect_within(counted, once, 1, 1);
       check(counted.estimate(9).count <= 5, "at most the total divided by the bound");
     },
     {.depth_first = 3'000}},

    {"keys_leave_while_another_thread_clears",
     [] {
       counter counted({.max_keys = 1});
       counted.update(std::vector<key>{1, 2, 3, 4});
       threads([&] { counted.update(std::vector<key>{5, 6, 7, 8}); }, [&] { counted.clear(); });
       check(counted.total() >= 0 && counted.total() <= 4, "what was there is gone");
       expect_within(counted, 1, 0, 0);
       expect_within(counted, 5, 0, 1);
       check(counted.size() <= 1 && counted.estimate(1).count <= counted.total());
     },
     {.depth_first = 3'000}},

    {"two_bounded_counters_that_merge_each_other_while_one_counts",
     [] {
       counter left({.max_keys = 1});
       counter right({.max_keys = 1});
       left.update(std::vector<key>{1, 1, 2});
       right.update(std::vector<key>{3, 1});
       threads([&] { left.merge(right); }, [&] { right.merge(left); },
               [&] { left.update(std::vector<key>{4, 5, 6, 7}); });
       check(left.total() >= 9 && right.total() >= 5);
       check(left.count(1) >= 3 && right.count(1) >= 3 && left.count(7) >= 1, "no estimate is too low");
       check(left.size() == 1 && right.size() == 1);
     },
     {.depth_first = 3'000}},

    {"two_first_threads_make_the_same_tables",
     [] {
       counter counted;
       threads([&] { counted.add(1); }, [&] { counted.add(2); }, [&] { counted.total(); });
       check(look(counted).total == 2);
     },
     {.depth_first = 5'000}},
};

class keyed_counter_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(keyed_counter_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

class keyed_counter_pairs : public testing::TestWithParam<model::row> {};

TEST_P(keyed_counter_pairs, lose_nothing) {
  model::expect_sound(GetParam());
}

const operation& clear = operations[std::size(operations) - 1];
INSTANTIATE_TEST_SUITE_P(two, keyed_counter_pairs,
                         testing::ValuesIn(rows(nullptr,
                                                {.depth_first = 2'000, .priorities = 100, .random = 100})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_clear, keyed_counter_pairs,
                         testing::ValuesIn(rows(&clear, {.depth_first = 300, .priorities = 50, .random = 0})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(scenarios, keyed_counter_model, testing::ValuesIn(scenarios), model::name_of);

bool fails(const auto& call) {
  try {
    call();
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  }
}

// In one thread, of which the depth-first search runs every execution.
constexpr verify::options of_one_thread{.priorities = 0, .random = 0};

TEST(keyed_counter_allocations, whichever_fails_no_count_is_lost_or_counted_twice) {
  const auto body = [] {
    counter counted;
    std::int64_t added = 0;
    const auto add = [&](int which) { added += fails([&] { counted.add(which); }) ? 0 : 1; };
    // A table that becomes large, one that must grow to take in others, and some that are poured full.
    fails([&] {
      for (int i = 0; i != 5; ++i) add(i);
      look(counted);
      for (int i = 3; i != 11; ++i) add(i);
    });
    fails([&] { counted.most_common(); });
    fails([&] { counted.size(); });
    check(counted.total() == added);
    const view all = look(counted);
    check(!all.twice && all.total == added);
    counted.clear();
    check(counted.empty());
  };
  const verify::report found = verify::fail_allocations(body, of_one_thread);
  model::figures::add("fail_allocations", found, found.passed());
  EXPECT_TRUE(found && found.complete) << found;
}

TEST(keyed_counter_allocations, whichever_fails_when_keys_leave_the_estimates_hold) {
  const auto body = [] {
    std::optional<counter> made[2];
    if (fails([&] {
          for (auto& each : made) each.emplace(plait::keyed_counter_options{.max_keys = 1});
        }))
      return;
    counter& counted = *made[0];
    counter& other = *made[1];
    std::array<std::int64_t, 6> added{};
    std::int64_t total = 0;
    const auto add = [&](int which) {
      if (fails([&] { counted.add(which); })) return;
      ++added[static_cast<std::size_t>(which)];
      ++total;
    };
    for (const int which : {0, 1, 2, 3, 0, 4}) add(which);  // a table that is poured
    fails([&] { look(counted); });                          // and trimmed
    add(5);
    fails([&] { other.merge(counted); });
    check(other.total() <= total);
    check(counted.total() == total);
    for (std::size_t which = 0; which != added.size(); ++which)
      expect_within(counted, static_cast<int>(which), added[which], added[which]);
  };
  const verify::report found = verify::fail_allocations(body, of_one_thread);
  model::figures::add("fail_allocations", found, found.passed());
  EXPECT_TRUE(found && found.complete) << found;
}

TEST(keyed_counter_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "thread_slots.hpp", {}, {.depth_first = 1'000});
}

}  // namespace
