// SPDX-License-Identifier: MIT
// Every pair of a map's operations on keys that share a home, an overflow block or a segment, with growth,
// splits and keys that move. Blocks have two slots here, and segments at most two homes.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/map/map_computations.hpp>
#include <plait/hash_map.hpp>
#include <plait/hash_set.hpp>

#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>

#include "support/map_pairs.hpp"
#include "support/model.hpp"
#include "support/operation_pairs.hpp"

namespace {

using map_pairs::key_a;
using map_pairs::key_b;
using map_pairs::key_c;
using map_pairs::object;
using map_pairs::tag;
using map_pairs::word;
using verify::check;
using verify::threads;

// Keys say where they stand: the first bits choose the segment, bit 0 the home, bits 16 .. 23 are the tag.
struct placed {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const { return key; }
};

constexpr std::uint64_t last_segment = std::uint64_t{1} << 63;
constexpr std::uint64_t key_d = 7 * tag + last_segment + 2;  // another segment, if there are two

// A value of two words, of which a reader must not see one old and one new.
struct two_words {
  struct value {
    std::uint64_t first;
    std::uint64_t second;
    bool operator==(const value&) const = default;
  };
  static value make(std::uint64_t number) { return {number, number}; }
  static std::uint64_t number(const value& from) {
    check(from.first == from.second, "no value is half of one and half of another");
    return from.first;
  }
};

// A word of a string. Every second string is long.
struct word_of_text : word {};

// A string whose hash begins and ends as the number does, and has its tag.
std::string text_of(std::uint64_t number) {
  constexpr std::uint64_t seen = std::uint64_t{7} << 61 | 0x7f * tag | 1;
  const plait::detail::seeded_hash<plait::detail::key_hash<std::string>> hash(
      {}, plait::detail::sync::random_number());
  for (int i = 0;; ++i) {
    std::string text = (number / 2 % 2 == 0 ? "" : "its characters are elsewhere: ") + std::to_string(1000 + i);
    if (((hash(text) ^ number) & seen) == 0) return text;
  }
}
// Here, because what is allocated within a scenario has to be freed in it.
const std::map<std::uint64_t, std::string> texts = {
    {key_a, text_of(key_a)}, {key_b, text_of(key_b)}, {key_c, text_of(key_c)}, {key_d, text_of(key_d)}};

// The map of a kind of values, and its key of a number.
template <class Kind>
struct tested {
  using map = plait::hash_map<std::uint64_t, typename Kind::value, placed>;
  static std::uint64_t key(std::uint64_t number) { return number; }
};
template <>
struct tested<word_of_text> {
  using map = plait::hash_map<std::string, std::uint64_t>;
  static const std::string& key(std::uint64_t number) { return texts.at(number); }
};

using content = std::map<std::uint64_t, std::uint64_t>;

struct state {
  const char* name;
  content keys;
};

// What was called, and what it said.
struct call {
  enum action : std::uint8_t { find, contains, insert, assign, add, upsert, erase, extract } what;
  std::uint64_t key;
  std::uint64_t argument = 0;
  bool result = false;
  std::optional<std::uint64_t> value = std::nullopt;
};

bool possible(content& in, const call& made) {
  const auto at = in.find(made.key);
  const bool present = at != in.end();
  const auto is_what_was_there = [&](const std::optional<std::uint64_t>& value) {
    return present ? value.has_value() && *value == at->second : !value.has_value();
  };
  switch (made.what) {
    case call::find:
      return is_what_was_there(made.value);
    case call::contains:
      return made.result == present;
    case call::insert:
      in.emplace(made.key, made.argument);
      return made.result == !present;
    case call::assign:
      in.insert_or_assign(made.key, made.argument);
      return made.result == !present;
    case call::add:
      if (present) at->second += made.argument;
      return made.result == present;
    case call::upsert:
      if (present) {
        at->second += made.argument;
      } else {
        in.emplace(made.key, made.argument);
      }
      return made.result == !present;
    case call::erase:
      in.erase(made.key);
      return made.result == present;
    case call::extract: {
      const bool is_right = is_what_was_there(made.value);
      in.erase(made.key);
      return is_right;
    }
  }
  return false;
}

template <class Kind>
class world {
 public:
  using value = typename Kind::value;

  explicit world(const state& from) : first_(from.keys) {
    for (const auto& [key, number] : first_) map.insert(at(key), Kind::make(number));
  }

  void find(std::uint64_t key) {
    told_.record([&] {
      const auto found = map.find(at(key));
      return call{
          .what = call::find, .key = key, .value = found ? std::optional(Kind::number(*found)) : std::nullopt};
    });
  }
  void contains(std::uint64_t key) {
    told_.record([&] { return call{.what = call::contains, .key = key, .result = map.contains(at(key))}; });
  }
  void insert(std::uint64_t key, std::uint64_t number) {
    told_.record([&] {
      return call{.what = call::insert,
                  .key = key,
                  .argument = number,
                  .result = map.insert(at(key), Kind::make(number))};
    });
  }
  void assign(std::uint64_t key, std::uint64_t number) {
    told_.record([&] {
      return call{.what = call::assign,
                  .key = key,
                  .argument = number,
                  .result = map.insert_or_assign(at(key), Kind::make(number))};
    });
  }
  void add(std::uint64_t key, std::uint64_t number) {
    told_.record([&] {
      return call{
          .what = call::add, .key = key, .argument = number, .result = map.update(at(key), adding(number))};
    });
  }
  void upsert(std::uint64_t key, std::uint64_t number) {
    told_.record([&] {
      return call{.what = call::upsert,
                  .key = key,
                  .argument = number,
                  .result = map.upsert(at(key), adding(number), Kind::make(number))};
    });
  }
  void erase(std::uint64_t key) {
    told_.record([&] { return call{.what = call::erase, .key = key, .result = map.erase(at(key))}; });
  }
  void extract(std::uint64_t key) {
    told_.record([&] {
      const auto found = map.extract(at(key));
      return call{.what = call::extract,
                  .key = key,
                  .value = found ? std::optional(Kind::number(*found)) : std::nullopt};
    });
  }

  // Can an order of the calls explain all that they said, and what is there now?
  void judge() {
    std::size_t count = 0;
    for (const std::uint64_t key : {key_a, key_b, key_c, key_d}) {
      find(key);
      count += map.contains(at(key)) ? 1 : 0;
    }
    check(map.size() == count, "the size is that of what is there");
    check(told_.is_linearizable(first_, possible), "no order of the calls explains what they said");
  }

  typename tested<Kind>::map map;

 private:
  static decltype(auto) at(std::uint64_t key) { return tested<Kind>::key(key); }
  static auto adding(std::uint64_t number) {
    return [number](value& to) { to = Kind::make(Kind::number(to) + number); };
  }

  const content first_;
  verify::scenario_history<call> told_;
};

template <class Kind>
const map_pairs::operation<world<Kind>> operations[] = {
    {"find_a", [](world<Kind>& in) { in.find(key_a); }},
    {"find_b_twice", [](world<Kind>& in) { in.find(key_b), in.find(key_b); }},
    {"contains_c", [](world<Kind>& in) { in.contains(key_c); }},
    {"find_d", [](world<Kind>& in) { in.find(key_d); }},
    {"update_d", [](world<Kind>& in) { in.add(key_d, 70); }},
    {"insert_a", [](world<Kind>& in) { in.insert(key_a, 10); }},
    {"insert_c", [](world<Kind>& in) { in.insert(key_c, 20); }},
    {"insert_d", [](world<Kind>& in) { in.insert(key_d, 30); }},
    {"assign_a", [](world<Kind>& in) { in.assign(key_a, 40); }},
    {"update_b", [](world<Kind>& in) { in.add(key_b, 50); }},
    {"upsert_c", [](world<Kind>& in) { in.upsert(key_c, 60); }},
    {"erase_a", [](world<Kind>& in) { in.erase(key_a); }},
    {"extract_b", [](world<Kind>& in) { in.extract(key_b); }},
};

const state states[] = {
    {"empty", {}},
    {"full_home", {{key_a, 1}, {key_b, 2}}},                   // the next one makes it grow
    {"about_to_split", {{key_a, 1}, {key_d, 4}}},              // another key in that home makes d move
    {"overflow_block", {{key_a, 1}, {key_b, 2}, {key_c, 3}}},  // or two
};

template <class Kind>
std::vector<model::row> rows(const verify::options& how) {
  return map_pairs::rows<world<Kind>, state>(states, operations<Kind>, how);
}

const state one_key{"one_key", {{key_a, 1}}};
const state& full_home = states[1];
const state& about_to_split = states[2];

// Two threads, from a state.
template <class Kind>
verify::scenario both(const char* name, const state& from, void (*first)(world<Kind>&),
                      void (*second)(world<Kind>&), const verify::options& how = {.depth_first = 20'000}) {
  return map_pairs::both(name, from, first, second, how);
}

// What each memory order is for.
const verify::scenario scenarios[] = {
    both<word>(
        "a_key_is_shown_after_its_value", one_key, [](auto& in) { in.insert(key_b, 5); },
        [](auto& in) { in.find(key_b); }),
    both<two_words>(
        "a_value_of_two_words_changes_at_once", full_home, [](auto& in) { in.assign(key_a, 5); },
        [](auto& in) { in.find(key_a), in.find(key_a); }),
    both<two_words>(
        "two_changes_of_a_value_of_two_words", full_home,
        [](auto& in) { in.assign(key_a, 5), in.assign(key_a, 6); }, [](auto& in) { in.find(key_a); }),
    both<word>(
        "the_last_key_moves_into_the_gap", full_home, [](auto& in) { in.erase(key_a); },
        [](auto& in) { in.find(key_b), in.find(key_a); }),
    both<word>(
        "a_slot_is_used_again", full_home,
        [](auto& in) { in.erase(key_b), in.insert(key_b, 7), in.erase(key_a); },
        [](auto& in) { in.find(key_b); }),
    both<word>(
        "an_overflow_block_comes_and_goes", states[3], [](auto& in) { in.erase(key_c), in.insert(key_c, 8); },
        [](auto& in) { in.find(key_c); }),
    both<word>(
        "a_segment_grows_beside_a_reader", full_home, [](auto& in) { in.insert(key_c, 8); },
        [](auto& in) { in.find(key_a), in.find(key_c); }),
    both<word>(
        "a_segment_grows_beside_a_writer", full_home, [](auto& in) { in.insert(key_c, 8); },
        [](auto& in) { in.add(key_a, 8), in.find(key_a); }),
    both<word>(
        "a_segment_gets_an_overflow_block_beside_a_reader", full_home, [](auto& in) { in.insert(key_d, 8); },
        [](auto& in) { in.find(key_a), in.find(key_d); }),
    both<object>(
        "an_object_is_touched_under_the_lock", full_home, [](auto& in) { in.add(key_a, 8); },
        [](auto& in) { in.find(key_a), in.assign(key_a, 9); }),
    both<object>(
        "objects_move_when_a_segment_grows", full_home, [](auto& in) { in.insert(key_d, 8); },
        [](auto& in) { in.find(key_a), in.find(key_d); }),
    both<word>(
        "a_key_moves_beside_its_reader", about_to_split, [](auto& in) { in.insert(key_c, 8); },
        [](auto& in) { in.find(key_d), in.find(key_a); }),
    both<word>(
        "a_key_moves_beside_its_writer", about_to_split, [](auto& in) { in.insert(key_c, 8); },
        [](auto& in) { in.add(key_d, 9), in.find(key_d); }),
    both<object>(
        "an_object_moves_beside_its_reader", about_to_split, [](auto& in) { in.insert(key_c, 8); },
        [](auto& in) { in.find(key_d), in.add(key_d, 9); }),
    both<word_of_text>(
        "strings_move_into_gaps_beside_readers", full_home,
        [](auto& in) { in.erase(key_a), in.insert(key_a, 5); },
        [](auto& in) { in.find(key_b), in.find(key_a); }),
    both<word_of_text>(
        "strings_move_beside_their_readers", about_to_split, [](auto& in) { in.insert(key_c, 8); },
        [](auto& in) { in.find(key_d), in.find(key_a); }),
    both<word>(
        "two_first_keys", states[0], [](auto& in) { in.insert(key_a, 8); },
        [](auto& in) { in.insert(key_a, 9), in.find(key_a); }),
};

// Three threads, and what spans more than a key.
const verify::scenario wider_scenarios[] = {
    {"a_split_a_reader_and_an_erase",
     [] {
       world<word> in(about_to_split);
       threads([&] { in.insert(key_c, 8); }, [&] { in.find(key_d); }, [&] { in.erase(key_a); });
       in.judge();
     },
     {.depth_first = 3'000}},
    {"two_that_split_and_a_reader",
     [] {
       world<word> in(about_to_split);
       threads([&] { in.insert(key_b, 8); }, [&] { in.insert(key_c, 9); }, [&] { in.find(key_d); });
       in.judge();
     },
     {.depth_first = 3'000}},
    {"objects_that_are_split_a_reader_and_a_writer",
     [] {
       world<object> in(about_to_split);
       threads([&] { in.insert(key_c, 8); }, [&] { in.find(key_d); }, [&] { in.add(key_d, 9); });
       in.judge();
     },
     {.depth_first = 3'000}},

    {"a_scan_meets_each_key_once_beside_a_split",
     [] {
       world<word> in({"two_segments", {{key_a, 1}, {key_b + last_segment, 2}}});
       content seen;
       threads([&] { in.insert(key_d, 8), in.insert(key_c, 9); },
               [&] {
                 in.map.for_each([&](std::uint64_t key, std::uint64_t number) {
                   check(seen.emplace(key, number).second, "no key comes twice");
                 });
               });
       check(seen[key_a] == 1 && seen[key_b + last_segment] == 2, "those that stay have come");
     },
     {.depth_first = 5'000}},
    {"clear_reaches_what_was_there_beside_a_split",
     [] {
       world<object> in(full_home);
       threads([&] { in.map.insert(key_d, object::make(8)); }, [&] { in.map.clear(); });
       check(!in.map.contains(key_a) && !in.map.contains(key_b));
       check(in.map.size() == (in.map.contains(key_d) ? 1 : 0));
     },
     {.depth_first = 5'000}},

    // A set, whose slots hold a key and no value.
    {"one_of_two_that_insert_was_first_beside_a_split",
     [] {
       plait::hash_set<std::uint64_t, placed> set;
       set.insert(key_a), set.insert(key_d);
       int first = 0;
       threads([&] { first += set.insert(key_c) ? 1 : 0; }, [&] { first += set.insert(key_c) ? 1 : 0; },
               [&] { check(set.contains(key_d), "a key that moves is there"); });
       check(first == 1 && set.contains(key_c) && set.size() == 3);
     },
     {.depth_first = 3'000}},
    {"a_key_of_a_set_that_fills_a_gap_is_there_or_not_as_it_was_told",
     [] {
       plait::hash_set<std::uint64_t, placed> set;
       set.insert(key_a), set.insert(key_b);
       threads([&] { check(set.erase(key_a), "it was there"); },
               [&] { check(set.contains(key_b), "the last one moves into the gap"); },
               [&] { check(!set.insert(key_b), "and is still there"); });
       check(!set.contains(key_a) && set.snapshot() == std::vector{key_b});
     },
     {.depth_first = 3'000}},

    {"one_of_two_computes",
     [] {
       plait::hash_map<std::uint64_t, std::uint64_t, placed> map;
       int computed = 0;
       const auto get = [&] { check(map.get_or_insert_with(key_a, [&] { return ++computed, 5; }) == 5); };
       threads(get, get);
       check(computed == 1 && map.find(key_a) == 5);
     },
     {.depth_first = 5'000}},
    {"the_next_one_computes_after_a_throw",
     [] {
       plait::hash_map<std::uint64_t, std::uint64_t, placed> map;
       threads(
           [&] {
             bool thrown = false;
             try {
               check(map.get_or_insert_with(key_a, []() -> std::uint64_t { throw 1; }) == 5,
                     "or gets its value");
             } catch (int) {
               thrown = true;
             }
             check(thrown || map.contains(key_a));
           },
           [&] { check(map.get_or_insert_with(key_a, [] { return 5; }) == 5); });
       check(map.find(key_a) == 5);
     },
     {.depth_first = 5'000}},
    {"two_that_would_wait_for_each_other_are_told_so",
     [] {
       plait::hash_map<std::uint64_t, std::uint64_t, placed> map;
       int refused = 0;
       const auto get = [&](std::uint64_t own, std::uint64_t other) {
         return [&, own, other] {
           try {
             map.get_or_insert_with(own, [&] { return map.get_or_insert_with(other, [] { return 5; }); });
           } catch (const std::logic_error&) {
             ++refused;
           }
         };
       };
       threads(get(key_a, key_b), get(key_b, key_a));
       check(refused <= 1 && map.contains(key_a) && map.contains(key_b));
     },
     {.depth_first = 5'000, .deadlines_may_help = false}},
    // The first may still be listed as waiting for a turn of the second that is over.
    {"a_wait_for_a_turn_that_is_over_holds_up_nobody",
     [] {
       plait::detail::map_computations<int> all;
       const int a = 1, b = 2;
       const auto take = [&](const int& key) {
         return plait::detail::map_computations<int>::turn<std::equal_to<>>(all, 0, key, {});
       };
       threads(
           [&] {
             const auto first = take(a);
             const auto second = take(b);
           },
           [&] {
             {
               const auto over = take(b);
             }
             const auto next = take(a);
           });
     },
     {.depth_first = 5'000}},
};

class hash_map_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(hash_map_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}
INSTANTIATE_TEST_SUITE_P(scenarios, hash_map_model, testing::ValuesIn(scenarios), model::name_of);
INSTANTIATE_TEST_SUITE_P(wider, hash_map_model, testing::ValuesIn(wider_scenarios), model::name_of);

class hash_map_pairs : public testing::TestWithParam<model::row> {};

TEST_P(hash_map_pairs, are_linearizable) {
  model::expect_sound(GetParam());
}

constexpr verify::options few{.depth_first = 500, .priorities = 60, .random = 60};
INSTANTIATE_TEST_SUITE_P(words, hash_map_pairs, testing::ValuesIn(rows<word>(few)), model::name_of);
INSTANTIATE_TEST_SUITE_P(two_words, hash_map_pairs, testing::ValuesIn(rows<two_words>(few)), model::name_of);
INSTANTIATE_TEST_SUITE_P(strings, hash_map_pairs, testing::ValuesIn(rows<word_of_text>(few)), model::name_of);
INSTANTIATE_TEST_SUITE_P(objects, hash_map_pairs, testing::ValuesIn(rows<object>(few)), model::name_of);

TEST(hash_map_orders, every_order_of_a_block_is_needed) {
  model::expect_orders_needed(scenarios, "map_block.hpp", {}, {.depth_first = 2'000});
}
TEST(hash_map_orders, every_order_of_a_slot_is_needed) {
  model::expect_orders_needed(scenarios, "map_slot.hpp", {}, {.depth_first = 2'000});
}
TEST(hash_map_orders, every_order_of_the_directory_is_needed) {
  model::expect_orders_needed(scenarios, "map_directory.hpp", {}, {.depth_first = 2'000});
}

}  // namespace
