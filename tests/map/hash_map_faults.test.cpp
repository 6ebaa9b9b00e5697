// SPDX-License-Identifier: MIT
// Every operation of hash_map that can throw, with every copy, hash, comparison and allocation in it failing in
// turn: the map is then as it was. Sizes are chosen so that an insert finds room, or makes a segment grow.
#include <cstddef>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/hash_map.hpp>
#include <plait/hash_set.hpp>

#include "support/faults.hpp"

namespace {

using fragile = faults::fragile_to_copy;

// Words whose hash and comparison may throw; objects whose copies may, too.
struct hash {
  std::size_t operator()(int key) const {
    faults::point();
    return std::hash<int>()(key);
  }
};
struct equal {
  bool operator()(int left, int right) const {
    faults::point();
    return left == right;
  }
};
using words = plait::hash_map<int, int, hash, equal>;
using objects = plait::hash_map<fragile, fragile, faults::hash>;

int number(int from) {
  return from;
}
int number(const fragile& from) {
  return from.value();
}

constexpr int new_key = 1'000'000;

template <class Map>
struct world {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;

  explicit world(int size) {
    for (int key = 0; key != size; ++key) {
      tested.insert(K(key), V(key + 1));
      content[key] = key + 1;
    }
  }

  Map tested;
  std::map<int, int> content;  // and what it should hold

  // What operations are given, so that they make no keys of their own.
  K known{0};
  K unknown{new_key};
  V value{7};
  std::optional<V> expected{std::in_place, 1};
  std::optional<V> desired{std::in_place, 8};
};

template <class Map>
struct operation {
  std::string_view name;
  void (*run)(world<Map>&);
  std::map<int, int> changes = {};  // a negative value: erased
};

template <class Map>
const operation<Map> operations[] = {
    {"insert", [](world<Map>& in) { in.tested.insert(in.unknown, in.value); }, {{new_key, 7}}},
    {"insert_moving",
     [](world<Map>& in) { in.tested.insert(std::move(in.unknown), std::move(in.value)); },
     {{new_key, 7}}},
    {"insert_known", [](world<Map>& in) { in.tested.insert(in.known, in.value); }},
    {"insert_or_assign", [](world<Map>& in) { in.tested.insert_or_assign(in.known, in.value); }, {{0, 7}}},
    {"upsert",
     [](world<Map>& in) { in.tested.upsert(in.unknown, [](auto&) { ADD_FAILURE(); }, in.value); },
     {{new_key, 7}}},
    {"update_that_throws_first",
     [](world<Map>& in) {
       in.tested.update(in.known, [&](auto& value) {
         faults::point();
         value = std::move(in.value);
       });
     },
     {{0, 7}}},
    {"compare_exchange",
     [](world<Map>& in) { in.tested.compare_exchange(in.known, in.expected, std::move(in.desired)); },
     {{0, 8}}},
    {"erase", [](world<Map>& in) { in.tested.erase(in.known); }, {{0, -1}}},
    {"extract", [](world<Map>& in) { in.tested.extract(in.known); }, {{0, -1}}},
    {"find", [](world<Map>& in) { in.tested.find(in.known); }},
    {"get_or_insert_with",
     [](world<Map>& in) {
       in.tested.get_or_insert_with(in.unknown, [&] {
         faults::point();
         return std::move(in.value);
       });
     },
     {{new_key, 7}}},
    {"snapshot", [](world<Map>& in) { in.tested.snapshot(); }},
    {"reserve", [](world<Map>& in) { in.tested.reserve(5000); }},
    {"shrink_to_fit", [](world<Map>& in) { in.tested.shrink_to_fit(); }},
};

template <class Map>
void PrintTo(const operation<Map>& each, std::ostream* out) {
  *out << each.name;
}

template <class Map>
std::map<int, int> content_of(const Map& map) {
  std::map<int, int> all;
  for (const auto& [key, value] : map.snapshot())
    EXPECT_TRUE(all.emplace(number(key), number(value)).second) << number(key) << " is there twice";
  EXPECT_EQ(map.size(), all.size());
  return all;
}

template <class Map>
void attempt(const operation<Map>& each, int size, faults::trial& trial) {
  world<Map> in(size);
  const bool returned = trial.returns([&] { each.run(in); });
  std::map<int, int> expected = in.content;
  if (returned && size != 0) {
    for (const auto& [key, value] : each.changes) {
      expected.erase(key);
      if (value >= 0) expected[key] = value;
    }
    EXPECT_EQ(content_of(in.tested), expected);
  } else if (!returned) {
    EXPECT_EQ(content_of(in.tested), expected);
  }
  // It goes on working: no lock is held.
  const std::size_t before = in.tested.size();
  for (int key = 2'000'000; key != 2'000'010; ++key)
    in.tested.insert(typename Map::key_type(key), typename Map::mapped_type(1));
  EXPECT_EQ(in.tested.size(), before + 10);
}

template <class Map>
class hash_map_operations : public faults::test, public testing::WithParamInterface<operation<Map>> {
 protected:
  void run() {
    for (const int size : {0, 6, 40}) {
      SCOPED_TRACE(size);
      this->inject([&](faults::trial& trial) { attempt(this->GetParam(), size, trial); });
    }
  }
};

using hash_map_of_words = hash_map_operations<words>;
TEST_P(hash_map_of_words, that_throw_have_changed_nothing) {
  run();
}
using hash_map_of_objects = hash_map_operations<objects>;
TEST_P(hash_map_of_objects, that_throw_have_changed_nothing) {
  run();
}

const auto name_of = [](const auto& test) { return std::string(test.param.name); };
INSTANTIATE_TEST_SUITE_P(each, hash_map_of_words, testing::ValuesIn(operations<words>), name_of);
INSTANTIATE_TEST_SUITE_P(each, hash_map_of_objects, testing::ValuesIn(operations<objects>), name_of);

#if PLAIT_COUNTS_ALLOCATIONS
// The characters of long strings are elsewhere.
using hash_map_of_strings = faults::test;
TEST_F(hash_map_of_strings, whatever_allocation_fails_none_is_lost_or_leaks) {
  const auto text = [](std::size_t number) {
    return std::string(30 + number % 4, static_cast<char>('a' + number));
  };
  inject([&](faults::trial& trial) {
    plait::hash_map<std::string, std::size_t> map;
    std::size_t done = 0;
    trial.returns([&] {
      for (; done != 20; ++done) map.insert(text(done), done);
    });
    for (std::size_t i = 0; i != 20; ++i) EXPECT_EQ(map.contains(text(i)), i < done);
    trial.returns(
        [&] { map.erase_if([](const std::string&, std::size_t number) { return number % 2 == 0; }); });
    trial.returns([&] { map.shrink_to_fit(); });
    for (std::size_t i = 1; i < done; i += 2) EXPECT_EQ(map.find(text(i)), i);
  });
}
#endif

// Keys of one hash stand in overflow blocks, which the smaller table needs while keys are given their places.
struct one_hash {
  std::size_t operator()(const fragile&) const { return 1; }
};
using hash_map_shrinking = faults::test;
TEST_F(hash_map_shrinking, that_throws_destroys_nothing_and_keeps_all) {
  inject([](faults::trial& trial) {
    plait::hash_map<fragile, fragile, one_hash> map;
    for (int key = 0; key != 40; ++key) map.insert(fragile(key), fragile(key));
    trial.returns([&] { map.shrink_to_fit(); });
    EXPECT_EQ(map.size(), 40u);
    for (int key = 0; key != 40; ++key) EXPECT_TRUE(map.contains(fragile(key))) << key;
  });
}

// Hash is asked about all keys of a segment that grows.
using hash_map_growth = faults::test;
TEST_F(hash_map_growth, that_throws_has_changed_nothing) {
  inject([](faults::trial& trial) {
    words map;
    int done = 0;
    trial.returns([&] {
      for (; done != 60; ++done) map.insert(done, done);
    });
    EXPECT_EQ(map.size(), static_cast<std::size_t>(done));
    for (int key = 0; key != 60; ++key) ASSERT_EQ(map.contains(key), key < done);
  });
}

using merging = faults::test;
TEST_F(merging, that_throws_loses_nothing) {
  inject([](faults::trial& trial) {
    plait::hash_map<fragile, fragile, faults::hash> map, other;
    for (int key = 0; key != 20; ++key) other.insert(fragile(key), fragile(key + 1));
    map.insert(fragile(3), fragile(7));
    trial.returns([&] { map.merge(other); });
    EXPECT_EQ(map.size() + other.size(), 21u);
    for (int key = 0; key != 20; ++key) {
      const auto found = map.find(fragile(key)), left = other.find(fragile(key));
      EXPECT_EQ(found.has_value() + left.has_value(), key == 3 ? 2 : 1) << key;
      EXPECT_EQ((left ? left : found)->value(), key + 1);
    }
  });
  inject([](faults::trial& trial) {
    plait::hash_set<fragile, faults::hash> set, other;
    for (int key = 0; key != 20; ++key) other.insert(fragile(key));
    trial.returns([&] { set.merge(other); });
    EXPECT_EQ(set.size() + other.size(), 20u);
    for (int key = 0; key != 20; ++key)
      EXPECT_NE(set.contains(fragile(key)), other.contains(fragile(key))) << key;
  });
}

}  // namespace
