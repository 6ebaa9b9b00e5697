// SPDX-License-Identifier: MIT
// What a stats_map counts while operations meet.
#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

#include <plait/stats_map.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::access_statistics;
using plait::access_totals;
using plait::key_accesses;
using verify::check;
using verify::threads;

// The checker has every find chosen, so that what is said about samples is exact here.
using map = plait::stats_map<int, int, access_statistics::approximate_gets>;
using exact_map = plait::stats_map<int, int, access_statistics::exact_gets>;

// The hash_map below has its own tests; here it is what the map counts.
const verify::options brief{.depth_first = 5'000};

const verify::scenario scenarios[] = {
    {"two_puts_of_a_new_key",
     [] {
       map tested;
       bool first = false;
       bool second = false;
       threads([&] { first = tested.insert_or_assign(1, 10); },
               [&] { second = tested.insert_or_assign(1, 20); });
       check(first != second, "one inserts and the other one updates");
       check(tested.stats() == access_totals{.inserts = 1, .updates = 1});
       check(tested.accesses(1) == key_accesses{.gets = 0, .puts = 2}, "no put is lost");
     },
     brief},

    {"a_put_and_a_find",
     [] {
       map tested;
       std::optional<int> found;
       threads([&] { tested.insert_or_assign(1, 10); }, [&] { found = tested.find(1); });
       const access_totals seen = tested.stats();
       check(seen.hits == (found ? 1 : 0) && seen.misses == (found ? 0 : 1), "counted as it was told");
       check(tested.accesses(1) == key_accesses{.gets = found ? 1u : 0u, .puts = 1});
     },
     brief},

    {"two_finds",
     [] {
       map tested;
       tested.insert(1, 10);
       threads([&] { check(tested.find(1) == 10); }, [&] { check(tested.find(1) == 10); });
       check(tested.accesses(1) == key_accesses{.gets = 2, .puts = 1}, "no get is lost");
     },
     brief},

    {"two_finds_counted_exactly_and_an_update",
     [] {
       exact_map tested;
       tested.insert(1, 10);
       threads([&] { tested.find(1); }, [&] { tested.find(1); },
               [&] { tested.update(1, [](int& value) { ++value; }); });
       check(tested.accesses(1) == key_accesses{.gets = 2, .puts = 2});
       check(tested.find(1) == 11);
     },
     {.depth_first = 20'000}},

    {"a_put_and_an_erase",
     [] {
       map tested;
       tested.insert(1, 10);
       bool inserted = false;
       bool erased = false;
       threads([&] { inserted = tested.insert_or_assign(1, 20); }, [&] { erased = tested.erase(1); });
       check(erased, "it was there");
       check(tested.stats() ==
             access_totals{.inserts = inserted ? 2 : 1, .updates = inserted ? 0 : 1, .erases = 1});
       check(tested.size() == (inserted ? 1u : 0u), "the key stays if it was put again");
       check(
           tested.accesses(1) == (inserted ? std::optional(key_accesses{.gets = 0, .puts = 1}) : std::nullopt),
           "a key that comes again is counted anew");
     },
     brief},

    {"a_find_and_an_erase",
     [] {
       map tested;
       tested.insert(1, 10);
       std::optional<int> found;
       threads([&] { found = tested.find(1); }, [&] { tested.erase(1); });
       check(tested.stats() ==
             access_totals{.hits = found ? 1 : 0, .misses = found ? 0 : 1, .inserts = 1, .erases = 1});
       check(!tested.accesses(1), "a get that comes late does not bring it back");
     },
     brief},

    {"a_put_and_a_reset",
     [] {
       map tested;
       tested.insert(1, 10);
       threads([&] { tested.insert_or_assign(1, 20); }, [&] { tested.reset_stats(); });
       const key_accesses seen = *tested.accesses(1);
       check(seen.gets == 0 && seen.puts <= 1, "what was there before is forgotten");
       check(tested.stats().inserts == 0 && tested.stats().updates <= 1);
       check(tested.find(1) == 20, "the value stays");
     },
     brief},

    {"a_put_and_somebody_who_asks",
     [] {
       map tested;
       tested.insert(1, 10);
       threads([&] { tested.insert_or_assign(1, 20); },
               [&] {
                 const std::uint64_t before = tested.accesses(1)->puts;
                 check(before >= 1 && before <= 2);
                 check(tested.accesses(1)->puts >= before, "what was seen once is seen again");
               });
     },
     brief},

    // The last key of a chain moves to the slot of the one that goes.
    {"a_key_moves_to_another_slot_while_somebody_asks",
     [] {
       map tested;
       tested.insert(1, 10);
       tested.insert(2, 10);
       tested.update(2, [](int& value) { ++value; });
       threads([&] { tested.erase(1); },
               [&] { check(tested.accesses(2) == key_accesses{.gets = 0, .puts = 2}, "its own counts"); });
       check(tested.accesses(2) == key_accesses{.gets = 0, .puts = 2}, "they came with it");
     },
     brief},

    {"a_slot_is_used_again_while_somebody_asks",
     [] {
       map tested;
       tested.insert(1, 10);
       tested.update(1, [](int& value) { ++value; });
       threads(
           [&] {
             tested.erase(1);
             tested.insert(2, 20);
           },
           [&] {
             const std::optional<key_accesses> first = tested.accesses(1);
             check(!first || first->puts == 2);
             const std::optional<key_accesses> second = tested.accesses(2);
             check(!second || second->puts == 1, "not what the key before left");
           });
     },
     {.depth_first = 20'000}},

    {"a_put_of_a_key_that_growing_moves",
     [] {
       map tested;
       for (int key = 0; key != 4; ++key) tested.insert(key, 10);
       threads([&] { tested.insert(4, 10); }, [&] { tested.update(0, [](int& value) { ++value; }); });
       check(tested.accesses(0) == key_accesses{.gets = 0, .puts = 2}, "no put is lost");
       for (int key = 1; key != 5; ++key) check(tested.accesses(key) == key_accesses{.gets = 0, .puts = 1});
     },
     brief},
};

class stats_map_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(stats_map_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, stats_map_model, testing::ValuesIn(scenarios), model::name_of);

}  // namespace
