// SPDX-License-Identifier: MIT
// A cache whose capacity changes, whose entries are pinned, tagged and loaded together, beside hits and puts.
// Blocks have two slots here, and at most two entries leave under one lock.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/cache_sweeper.hpp>
#include <plait/expiring_cache.hpp>

#include <verify/scenario.hpp>

#include "support/map_pairs.hpp"
#include "support/model.hpp"

namespace {

using map_pairs::key_a;
using map_pairs::key_b;
using map_pairs::key_c;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

// Keys say where they stand: bit 0 is the home, bits 16 .. 23 are the tag.
struct placed {
  std::uint64_t operator()(std::uint64_t key) const { return key; }
  std::uint64_t operator()(std::uint64_t key, std::uint64_t /*seed*/) const { return key; }
};
using word_cache = plait::expiring_cache<std::uint64_t, std::uint64_t, placed>;

// As many executions as the seeded bugs need, and as many again.
constexpr verify::options closely{.depth_first = 2'500, .priorities = 800, .random = 800};

using found = std::vector<std::optional<std::uint64_t>>;

// Capacities, pins and tags, and the sweeper.
const verify::scenario changes[] = {
    {"a_lower_capacity_beside_a_put_and_hits",
     [] {
       word_cache cache({.capacity = 2});
       cache.put(key_a, 1), cache.put(key_b, 2);
       threads([&] { cache.set_capacity(1); },
               [&] {
                 check(cache.put(key_c, 5) && cache.get(key_a).value_or(1) == 1);
                 check(cache.get(key_b).value_or(2) == 2 && cache.get(key_c).value_or(5) == 5);
               });
       check(cache.size() == 1, "no more than the new capacity");
       for (const std::uint64_t key : {key_a, key_b, key_c}) cache.remove(key);
       check(cache.size() == 0, "nothing is left");
     },
     closely},
    {"two_capacities_and_a_put",
     [] {
       word_cache cache({.capacity = 2});
       cache.put(key_a, 1), cache.put(key_b, 2);
       threads([&] { cache.set_capacity(1); }, [&] { cache.set_capacity(3); }, [&] { cache.put(key_c, 3); });
       for (const std::uint64_t key : {key_a, key_b, key_c}) cache.put(key, key + 1);
       const std::uint64_t capacity = cache.capacity();
       check((capacity == 1 || capacity == 3) && cache.size() == capacity, "the last one holds");
     },
     closely},
    {"what_is_pinned_is_not_evicted",
     [] {
       word_cache cache({.capacity = 2});
       cache.put(key_a, 1, {.is_pinned = true});
       threads([&] { cache.put(key_b, 2), cache.put(key_c, 3); },
               [&] { cache.put(key_c, 4), check(cache.get(key_a) == 1), cache.get(key_b); });
       check(cache.get(key_a) == 1 && cache.size() == 2);
     },
     closely},
    {"what_is_pinned_in_time_is_not_evicted",
     [] {
       word_cache cache({.capacity = 1});
       cache.put(key_a, 1);
       bool is_pinned = false;
       threads(
           [&] {
             is_pinned = cache.pin(key_a);
             check(!is_pinned || cache.contains(key_a), "nobody drives it out");
           },
           [&] { cache.put(key_b, 2), cache.put(key_c, 3); });
       check(cache.contains(key_a) == is_pinned && cache.size() == 1);
       check(cache.unpin(key_a) == is_pinned && cache.put(key_b, 2) && !cache.contains(key_a));
     },
     closely},
    {"a_new_value_beside_the_invalidation_of_the_old_one",
     [] {
       word_cache cache({.capacity = 3});
       cache.put(key_a, 1, {.tags = {7}});
       cache.put(key_b, 2, {.tags = {8, 7}});
       cache.put(key_c, 3, {.tags = {8}});
       threads(
           [&] { cache.invalidate_tag(7), check(cache.get(key_a).value_or(4) == 4 && !cache.contains(key_b)); },
           [&] { cache.put(key_a, 4), check(cache.get(key_a) == 4), cache.get(key_b); });
       check(cache.get(key_a) == 4 && cache.get(key_c) == 3 && cache.size() == 2);
       check(cache.invalidate_tag(7) == 0 && cache.invalidate_tag(8) == 1);
     },
     closely},
    // A sweep that finds nothing to come sleeps until the alarm rings, which it may have done during the sweep.
    {"an_entry_that_comes_in_during_a_sweep_leaves_in_its_time",
     [] {
       word_cache cache({.capacity = 2});
       std::stop_source stop;
       cache.on_removal([&](auto, auto, auto) { verify::request_stop(stop); });
       threads([&] { plait::cache_sweeper(cache, 1us)(stop.get_token()); }, [&] { cache.put(key_a, 1, 2ms); });
       check(stop.stop_requested());
     },
     {.depth_first = 1'000, .priorities = 200, .random = 200}},
};

const verify::scenario bulk_loads[] = {
    {"a_load_whose_tag_is_invalidated_is_not_kept",
     [] {
       word_cache cache({.capacity = 2});
       plait::detail::sync::atomic<std::uint64_t> source{1};
       const auto load = [&] { return source.load(plait::detail::sync::seq_cst); };
       threads([&] { cache.get_or_load(key_a, load, plait::load_options{.tags = {7}}); },
               [&] {
                 source.store(2, plait::detail::sync::seq_cst);
                 cache.invalidate_tag(7);
                 check(cache.get(key_a).value_or(2) == 2, "nothing older than the invalidation");
               });
       check(cache.get(key_a).value_or(2) == 2);
     },
     closely},
    {"two_bulk_loads_that_overlap_and_one_load",
     [] {
       word_cache cache({.capacity = 3});
       std::map<std::uint64_t, int> made;
       const auto load = [&](std::span<const std::uint64_t> keys) {
         std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
         for (const std::uint64_t key : keys) ++made[key], all.emplace_back(key, key + 1);
         return all;
       };
       const auto get = [&](std::uint64_t first, std::uint64_t second) {
         return [&, first, second] {
           const std::vector keys{first, second};
           check(cache.get_many_or_load(keys, load) == found{first + 1, second + 1});
         };
       };
       threads(get(key_a, key_b), get(key_b, key_a),
               [&] { check(cache.get_or_load(key_b, [&] { return ++made[key_b], key_b + 1; }) == key_b + 1); });
       check(made[key_a] == 1 && made[key_b] == 1, "one load of each key");
       check(cache.size() == 2);
     },
     closely},
    {"who_waits_for_a_bulk_load_that_has_nothing_loads",
     [] {
       word_cache cache({.capacity = 3});
       const std::vector keys{key_a, key_b};
       threads(
           [&] {
             const auto load = [](std::span<const std::uint64_t> wanted) {
               std::map<std::uint64_t, std::uint64_t> all;
               for (const std::uint64_t key : wanted)
                 if (key == key_a) all[key] = 5;
               return all;
             };
             const found seen = cache.get_many_or_load(keys, load);
             check(seen[0] == 5 && (!seen[1] || seen[1] == 6));
           },
           [&] { check(cache.get_or_load(key_b, [] { return std::uint64_t{6}; }) == 6); });
       check(cache.get(key_a) == 5 && cache.get(key_b) == 6);
     },
     closely},
    {"who_waits_for_a_bulk_load_that_throws_is_told",
     [] {
       word_cache cache({.capacity = 3});
       const std::vector keys{key_a, key_b};
       int refused = 0;
       threads(
           [&] {
             try {
               cache.get_many_or_load(
                   keys,
                   [](std::span<const std::uint64_t>) -> std::map<std::uint64_t, std::uint64_t> { throw 1; });
             } catch (int) {
               ++refused;
             }
           },
           [&] {
             try {
               cache.get_or_load(key_b, [] { return std::uint64_t{6}; });
             } catch (int) {
               ++refused;
             }
           });
       check(refused == (cache.contains(key_b) ? 1 : 2) && !cache.contains(key_a));
     },
     closely},
};

class expiring_cache_changes : public testing::TestWithParam<verify::scenario> {};

TEST_P(expiring_cache_changes, are_sound_in_every_execution) {
  model::expect_sound(GetParam());
}
INSTANTIATE_TEST_SUITE_P(changes, expiring_cache_changes, testing::ValuesIn(changes), model::name_of);
INSTANTIATE_TEST_SUITE_P(bulk_loads, expiring_cache_changes, testing::ValuesIn(bulk_loads), model::name_of);

}  // namespace
