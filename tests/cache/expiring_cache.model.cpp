// SPDX-License-Identifier: MIT
// Every pair of a cache's operations: in a cache that has room for all keys, which is a dictionary then; in one
// that is too small, which may forget and never lie; and while time passes. Blocks have two slots here, samples
// two places, and a call removes at most two entries that have expired.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>

#include "support/forgetful_map.hpp"
#include "support/map_pairs.hpp"
#include "support/model.hpp"
#include "support/operation_pairs.hpp"

namespace {

using forgetful::action;
using forgetful::call;
using forgetful::endless;
using map_pairs::key_a;
using map_pairs::key_b;
using map_pairs::key_c;
using map_pairs::object;
using map_pairs::word;
using verify::check;
using verify::threads;

constexpr std::chrono::nanoseconds tick{1 << 20};

// The clock of the scenario that runs.
struct scenario_clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<scenario_clock, duration>;
  using time = plait::detail::sync::atomic<duration::rep>;

  static time_point now() { return time_point(duration(current->load(plait::detail::sync::seq_cst))); }
  inline static time* current = nullptr;
};

// The clock of a scenario, which is set before anybody reads it.
struct running_clock {
  explicit running_clock(std::int64_t ticks) : time(ticks * tick.count()) { scenario_clock::current = &time; }
  void pass_to(std::int64_t ticks) { time.store(ticks * tick.count(), plait::detail::sync::seq_cst); }

  scenario_clock::time time;
};

// Keys say where they stand: bit 0 is the home, bits 16 .. 23 are the tag.
struct placed {
  std::uint64_t operator()(std::uint64_t key) const { return key; }
  std::uint64_t operator()(std::uint64_t key, std::uint64_t /*seed*/) const { return key; }
};

struct first_entry {
  std::uint64_t key;
  std::uint64_t value;
  std::int64_t lives = endless;  // in ticks
};
struct state {
  const char* name;
  std::uint64_t capacity;
  std::vector<first_entry> entries;
  bool has_room = false;  // for all keys
};

template <class Kind>
class world {
 public:
  explicit world(const state& from, std::int64_t idle = endless)
      : from_(from), cache({.capacity = from.capacity, .time_to_idle = lifetime(idle)}) {
    for (const first_entry& each : from.entries) put(each.key, each.value, each.lives);
  }

  void get(std::uint64_t key) {
    told_.record([&] {
      const auto found = cache.get(key);
      return call{
          .what = action::get, .key = key, .found = found ? std::optional(Kind::number(*found)) : std::nullopt};
    });
  }
  void contains(std::uint64_t key) {
    told_.record([&] { return call{.what = action::contains, .key = key, .result = cache.contains(key)}; });
  }
  void put(std::uint64_t key, std::uint64_t value, std::int64_t lives = endless) {
    told_.record([&] {
      return call{.what = action::put,
                  .key = key,
                  .value = value,
                  .time = lives,
                  .result = cache.put(key, Kind::make(value), lifetime(lives))};
    });
  }
  void add(std::uint64_t key, std::uint64_t value, std::int64_t lives = endless) {
    told_.record([&] {
      return call{.what = action::add,
                  .key = key,
                  .value = value,
                  .time = lives,
                  .result = cache.add(key, Kind::make(value), lifetime(lives))};
    });
  }
  void replace(std::uint64_t key, std::uint64_t value, std::int64_t lives = endless) {
    told_.record([&] {
      return call{.what = action::replace,
                  .key = key,
                  .value = value,
                  .time = lives,
                  .result = cache.replace(key, Kind::make(value), lifetime(lives))};
    });
  }
  void set_time(std::uint64_t key, std::int64_t lives) {
    told_.record([&] {
      return call{.what = action::set_time,
                  .key = key,
                  .time = lives,
                  .result = cache.set_time_to_live(key, lifetime(lives))};
    });
  }
  void remove(std::uint64_t key) {
    told_.record([&] { return call{.what = action::remove, .key = key, .result = cache.remove(key)}; });
  }
  void advance(std::int64_t ticks) {
    told_.record([&] {
      clock_.time.fetch_add(ticks * tick.count(), plait::detail::sync::seq_cst);
      return call{.what = action::advance, .time = ticks};
    });
  }
  void size() { check(cache.size() <= from_.capacity, "no more than the capacity"); }

  // Can an order of the calls explain all that they said, and what is there now?
  void judge() {
    std::size_t count = 0;
    for (const std::uint64_t key : {key_a, key_b, key_c}) {
      get(key);
      count += cache.contains(key) ? 1 : 0;
    }
    check(cache.size() == count, "the size is that of what is there");
    check(count <= from_.capacity, "no more than the capacity");
    const bool is_exact = from_.has_room;
    check(told_.is_linearizable(forgetful::state(),
                                [is_exact](forgetful::state& in, const call& made) {
                                  return forgetful::apply(in, made, is_exact);
                                }),
          "no order of the calls explains what they said");
    // All can be found by those who look for it: nothing is left in a corner.
    for (const std::uint64_t key : {key_a, key_b, key_c}) cache.remove(key);
    check(cache.size() == 0, "nothing is left");
    cache.put(key_a, Kind::make(99));
    check(cache.contains(key_a), "there is room again");
  }

 private:
  static plait::entry_lifetime lifetime(std::int64_t ticks) {
    return ticks == endless ? plait::never_expires : plait::entry_lifetime(ticks * tick);
  }
  const state& from_;
  running_clock clock_{1000};
  verify::scenario_history<call> told_;

 public:
  plait::expiring_cache<std::uint64_t, typename Kind::value, placed, std::equal_to<>, scenario_clock> cache;
};

template <class Kind>
const map_pairs::operation<world<Kind>> operations[] = {
    {"get_a", [](world<Kind>& in) { in.get(key_a); }, true},
    {"get_b_twice", [](world<Kind>& in) { in.get(key_b), in.get(key_b); }, true},
    {"contains_a", [](world<Kind>& in) { in.contains(key_a); }, true},
    {"put_a", [](world<Kind>& in) { in.put(key_a, 10); }},
    {"put_a_for_a_while", [](world<Kind>& in) { in.put(key_a, 20, 2); }},
    {"put_b_and_c", [](world<Kind>& in) { in.put(key_b, 30), in.put(key_c, 31); }},
    {"add_a", [](world<Kind>& in) { in.add(key_a, 40); }},
    {"replace_b", [](world<Kind>& in) { in.replace(key_b, 50); }},
    {"set_time_of_a", [](world<Kind>& in) { in.set_time(key_a, 1); }},
    {"remove_a", [](world<Kind>& in) { in.remove(key_a); }},
    {"size", [](world<Kind>& in) { in.size(); }},
    {"time_passes", [](world<Kind>& in) { in.advance(2); }},
    {"time_passes_and_get_a", [](world<Kind>& in) { in.advance(1), in.get(key_a); }},
};

const state states[] = {
    {"room_for_one_more", 3, {{key_a, 1}, {key_b, 2}}, true},
    {"about_to_expire", 3, {{key_a, 1, 2}, {key_b, 2, 1}}, true},
    {"full_of_two", 2, {{key_a, 1, 2}, {key_b, 2}}},
    {"empty", 3, {}, true},
    {"full_of_one", 1, {{key_a, 1}}},
};
// Objects are read and put in another way, but no entry enters or leaves in another way: so one state of
// each kind is enough for them.
const std::span<const state> states_of_objects(states, 3);

template <class Kind>
std::vector<model::row> rows(std::span<const state> from) {
  constexpr verify::options few{.depth_first = 150, .priorities = 25, .random = 25};
  return map_pairs::rows<world<Kind>, state>(from, operations<Kind>, few);
}

// As many executions as the seeded bugs need, and as many again.
constexpr verify::options closely{.depth_first = 2'500, .priorities = 800, .random = 800};

// Two threads, from a state.
template <class Kind>
verify::scenario both(const char* name, const state& from, void (*first)(world<Kind>&),
                      void (*second)(world<Kind>&), const verify::options& how = closely) {
  return map_pairs::both(name, from, first, second, how);
}

const state& room = states[0];
const state& expiring = states[1];
const state& two = states[2];
const state& one = states[4];

// Those that caches get wrong, with more operations each.
const verify::scenario scenarios[] = {
    both<word>(
        "a_hit_beside_an_eviction", one, [](auto& in) { in.put(key_b, 5); },
        [](auto& in) { in.get(key_a), in.get(key_b), in.get(key_a); }),
    both<object>(
        "a_hit_of_an_object_beside_an_eviction", one, [](auto& in) { in.put(key_b, 5); },
        [](auto& in) { in.get(key_a), in.get(key_b), in.get(key_a); }),
    both<word>(
        "a_number_is_given_to_another_key_beside_a_hit", two,
        [](auto& in) { in.remove(key_a), in.put(key_c, 5), in.put(key_a, 6); },
        [](auto& in) { in.get(key_a), in.get(key_c), in.get(key_a); }),
    both<word>(
        "a_hit_beside_a_replacement", expiring, [](auto& in) { in.put(key_a, 5, 9), in.put(key_a, 6); },
        [](auto& in) { in.get(key_a), in.get(key_a), in.get(key_a); }),
    both<word>(
        "an_old_value_and_a_new_deadline", expiring, [](auto& in) { in.put(key_a, 5, 9); },
        [](auto& in) { in.advance(2), in.get(key_a); }, {.depth_first = 30'000}),
    both<word>(
        "an_old_deadline_and_a_new_value", expiring, [](auto& in) { in.advance(2), in.put(key_a, 5, 2); },
        [](auto& in) { in.get(key_a), in.get(key_a), in.get(key_a); }),
    both<word>(
        "a_new_time_beside_an_expiry", expiring,
        [](auto& in) { in.set_time(key_a, 3), in.set_time(key_b, 1), in.get(key_a); },
        [](auto& in) { in.advance(1), in.get(key_b), in.size(), in.get(key_a); }),
    both<word>(
        "who_has_found_that_it_expired_does_not_find_it_again", expiring,
        [](auto& in) { in.set_time(key_a, 9); }, [](auto& in) { in.advance(2), in.get(key_a), in.get(key_a); }),
    both<object>(
        "what_has_expired_for_others_is_not_replaced", expiring, [](auto& in) { in.replace(key_a, 5, 9); },
        [](auto& in) { in.advance(2), in.get(key_a), in.get(key_a); }),
    both<object>(
        "a_new_time_of_an_object_beside_a_hit", two,
        [](auto& in) { in.set_time(key_a, endless), in.set_time(key_a, 5), in.put(key_c, 3); },
        [](auto& in) { in.get(key_a), in.get(key_c), in.get(key_a); }),
    both<word>(
        "an_expiry_beside_a_put", expiring, [](auto& in) { in.advance(2), in.size(), in.get(key_a); },
        [](auto& in) { in.put(key_a, 5), in.get(key_a), in.size(); }),
    both<word>(
        "an_expiry_beside_an_add", expiring, [](auto& in) { in.advance(2), in.add(key_a, 4), in.get(key_a); },
        [](auto& in) { in.add(key_a, 5), in.get(key_a), in.remove(key_a); }),
    both<object>(
        "an_expiry_beside_a_replacement", expiring,
        [](auto& in) { in.advance(2), in.size(), in.replace(key_b, 8); },
        [](auto& in) { in.replace(key_a, 5), in.get(key_a), in.get(key_b); }),
    both<word>(
        "two_that_add_and_remove", room, [](auto& in) { in.add(key_c, 5), in.remove(key_c), in.add(key_a, 6); },
        [](auto& in) { in.remove(key_a), in.add(key_c, 7), in.get(key_a); }),
    {"a_put_a_removal_and_two_hits",
     [] {
       world<word> in(two);
       threads([&] { in.put(key_c, 8), in.get(key_a); }, [&] { in.remove(key_a), in.get(key_c); },
               [&] { in.get(key_a), in.get(key_b), in.get(key_a); });
       in.judge();
     },
     closely},
    {"time_a_put_and_an_expiry",
     [] {
       world<word> in(expiring);
       threads([&] { in.advance(1), in.advance(1); }, [&] { in.put(key_a, 8, 1), in.size(); },
               [&] { in.get(key_a), in.size(), in.get(key_b); });
       in.judge();
     },
     closely},
    {"remove_if_reaches_what_it_is_true_of_and_shows_whole_entries",
     [] {
       world<word> in(expiring);
       const auto is_first = [](std::uint64_t key, std::uint64_t value) {
         check(value == (key == key_a ? 1u : 2u) || (key == key_a && value == 8));
         return value < 8;
       };
       threads([&] { in.cache.remove_if(is_first); },
               [&] { in.cache.put(key_a, 8), check(in.cache.get(key_a) == 8); });
       check(in.cache.get(key_a) == 8 && !in.cache.contains(key_b));
       in.cache.for_each([](std::uint64_t key, std::uint64_t value) { check(key == key_a && value == 8); });
     },
     closely},
    {"a_heavier_value_beside_a_hit_and_a_put",
     [] {
       plait::expiring_cache<std::uint64_t, std::uint64_t, placed> cache(
           {.capacity = 4, .heaviest = 3}, [](std::uint64_t, std::uint64_t value) { return value % 4; });
       cache.put(key_a, 1);
       threads([&] { cache.put(key_a, 7); },
               [&] {
                 cache.put(key_b, 10);
                 check(cache.weight() <= 4, "no more than the capacity");
                 const auto found = cache.get(key_a);
                 check(!found || found == 1 || found == 7);
               });
       check(cache.weight() == cache.get(key_a).value_or(0) % 4 + cache.get(key_b).value_or(0) % 4);
       check(cache.weight() <= 4, "no more than the capacity");
     },
     closely},
    {"a_hit_that_prolongs_beside_the_end",
     [] {
       world<word> in(two, 4);
       in.put(key_a, 5);
       in.advance(3);
       threads([&] { in.get(key_a); }, [&] { in.advance(1), in.get(key_a), in.get(key_a); });
       in.judge();
     },
     closely},
    {"clear_reaches_what_was_there",
     [] {
       world<object> in(room);
       threads([&] { in.cache.clear(); }, [&] { in.cache.put(key_c, object::make(8)); });
       check(!in.cache.contains(key_a) && !in.cache.contains(key_b));
       check(in.cache.size() == (in.cache.contains(key_c) ? 1 : 0));
     },
     closely},
};

using word_cache = plait::expiring_cache<std::uint64_t, std::uint64_t, placed>;

// A cache in which entries live for 8 ticks, and in it key_a with value 1, put 4 ticks ago.
struct aged : running_clock {
  static constexpr std::int64_t put_at = 1000;

  aged() : running_clock(put_at) {
    cache.put(key_a, 1);
    pass_to(put_at + 4);
  }

  plait::expiring_cache<std::uint64_t, std::uint64_t, placed, std::equal_to<>, scenario_clock> cache{
      {.capacity = 2, .time_to_live = 8 * tick}};
};

const verify::scenario loads[] = {
    {"one_of_two_loads",
     [] {
       word_cache cache({.capacity = 2});
       int made = 0;
       const auto get = [&] { check(cache.get_or_load(key_a, [&] { return ++made, 5; }) == 5); };
       threads(get, get);
       check(made == 1 && cache.get(key_a) == 5);
     },
     closely},
    {"one_of_three_loads_and_one_is_enough",
     [] {
       word_cache cache({.capacity = 1});
       int made = 0;
       const auto get = [&] { check(cache.get_or_load(key_a, [&] { return ++made, 5; }) == 5); };
       threads(get, get, get);
       check(made == 1);
     },
     closely},
    {"a_load_that_a_remove_overtakes_is_not_kept",
     [] {
       word_cache cache({.capacity = 2});
       plait::detail::sync::atomic<std::uint64_t> source{1};
       const auto load = [&] { return source.load(plait::detail::sync::seq_cst); };
       threads([&] { cache.get_or_load(key_a, load); },
               [&] {
                 source.store(2, plait::detail::sync::seq_cst);
                 cache.remove(key_a);
                 check(cache.get_or_load(key_a, load) == 2, "nothing older than the remove");
               });
       check(cache.get(key_a) == 2);
     },
     closely},
    {"a_load_that_a_put_overtakes_is_not_kept",
     [] {
       word_cache cache({.capacity = 2});
       threads([&] { cache.get_or_load(key_a, [] { return 1; }); },
               [&] {
                 cache.put(key_a, 2);
                 check(cache.get(key_a) == 2, "what was put is newer than what was loaded");
                 cache.put(key_b, 3), cache.remove(key_b);
               });
       check(cache.get(key_a) == 2);
     },
     closely},
    {"a_load_that_a_clear_overtakes_is_not_kept",
     [] {
       word_cache cache({.capacity = 2});
       plait::detail::sync::atomic<std::uint64_t> source{1};
       threads([&] { cache.get_or_load(key_a, [&] { return source.load(plait::detail::sync::seq_cst); }); },
               [&] {
                 source.store(2, plait::detail::sync::seq_cst);
                 cache.clear();
                 check(cache.get(key_a).value_or(2) == 2);
               });
       check(cache.get(key_a).value_or(2) == 2);
     },
     closely},
    {"a_load_that_a_remove_if_overtakes_is_not_kept",
     [] {
       word_cache cache({.capacity = 2});
       plait::detail::sync::atomic<std::uint64_t> source{1};
       threads([&] { cache.get_or_load(key_a, [&] { return source.load(plait::detail::sync::seq_cst); }); },
               [&] {
                 source.store(2, plait::detail::sync::seq_cst);
                 cache.remove_if([](std::uint64_t, std::uint64_t value) { return value == 1; });
                 check(cache.get(key_a).value_or(2) == 2);
               });
       check(cache.get(key_a).value_or(2) == 2);
     },
     closely},
    {"the_next_one_loads_after_a_throw",
     [] {
       word_cache cache({.capacity = 2});
       int refused = 0;
       const auto get = [&](bool fails) {
         return [&, fails] {
           try {
             check(cache.get_or_load(key_a, [&] { return fails ? throw 1 : std::uint64_t{5}; }) == 5);
           } catch (int) {
             ++refused;
           }
         };
       };
       threads(get(true), get(false));
       check(cache.contains(key_a) ? refused <= 1 : refused == 2, "both have shared the one failure");
     },
     closely},
    {"nobody_waits_for_a_load_that_an_executor_has_not_begun",
     [] {
       aged in;
       std::function<void()> held;
       const plait::load_options later{.refresh_after = 2 * tick,
                                       .executor = [&](std::function<void()> task) { held = std::move(task); }};
       const auto load = [] { return std::uint64_t{2}; };
       check(in.cache.get_or_load(key_a, load, later) == 1);
       threads(
           [&] {
             in.pass_to(aged::put_at + 8);
             check(in.cache.get_or_load(key_a, load, later) == 2);
             held();  // in the queue behind what this thread did first
           },
           [&] { check(in.cache.get_or_load(key_a, load, later) <= 2); });
       held = nullptr;
       check(in.cache.get(key_a) == 2);
     },
     closely},
    {"one_of_two_that_find_an_old_value_loads",
     [] {
       aged in;
       int made = 0;
       const auto get = [&] {
         const std::uint64_t found = in.cache.get_or_load(
             key_a, [&] { return static_cast<std::uint64_t>(++made + 1); }, {.refresh_after = 2 * tick});
         check(found == 1 || found == 2);
       };
       threads(get, get);
       check(made == 1 && in.cache.get(key_a) == 2);
     },
     closely},
    {"two_that_would_wait_for_each_other_are_told_so",
     [] {
       word_cache cache({.capacity = 3});
       int refused = 0;
       const auto get = [&](std::uint64_t own, std::uint64_t other) {
         return [&, own, other] {
           try {
             cache.get_or_load(own, [&] { return cache.get_or_load(other, [] { return 5; }); });
           } catch (const std::logic_error&) {
             ++refused;
           }
         };
       };
       threads(get(key_a, key_b), get(key_b, key_a));
       check(refused <= 2);
       check(cache.get_or_load(key_a, [] { return 6; }) != 0 &&
             cache.get_or_load(key_b, [] { return 6; }) != 0);
     },
     closely},
};

class expiring_cache_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(expiring_cache_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}
INSTANTIATE_TEST_SUITE_P(scenarios, expiring_cache_model, testing::ValuesIn(scenarios), model::name_of);

INSTANTIATE_TEST_SUITE_P(loads, expiring_cache_model, testing::ValuesIn(loads), model::name_of);

class expiring_cache_pairs : public testing::TestWithParam<model::row> {};

TEST_P(expiring_cache_pairs, are_linearizable) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(words, expiring_cache_pairs, testing::ValuesIn(rows<word>(states)), model::name_of);
INSTANTIATE_TEST_SUITE_P(objects, expiring_cache_pairs, testing::ValuesIn(rows<object>(states_of_objects)),
                         model::name_of);

TEST(expiring_cache_orders, every_order_of_a_load_is_needed) {
  model::expect_orders_needed(loads, "load_flight.hpp", {}, {.depth_first = 2'000});
}

TEST(expiring_cache_progress, who_changes_the_cache_may_hold_up_others_who_do) {
  model::expect_others_held_up([] {
    world<word> in(room);
    threads([&] { in.put(key_c, 5); }, [&] { in.put(key_a, 6); });
  });
}

}  // namespace
