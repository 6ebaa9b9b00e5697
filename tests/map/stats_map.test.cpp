// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/hash_map.hpp>
#include <plait/stats_map.hpp>

namespace {

using plait::access_statistics;
using plait::access_totals;
using plait::key_accesses;

using exact_map = plait::stats_map<int, int>;
using approximate_map = plait::stats_map<int, int, access_statistics::approximate_gets>;

template <access_statistics Kept>
struct kind {
  static constexpr access_statistics kept = Kept;
  template <class Key, class Value>
  using map = plait::stats_map<Key, Value, Kept>;
};

using every_kind = testing::Types<kind<access_statistics::none>, kind<access_statistics::totals>,
                                  kind<access_statistics::puts>, kind<access_statistics::approximate_gets>,
                                  kind<access_statistics::exact_gets>>;
template <class Kind>
class stats_map_of_any_kind : public testing::Test {};
TYPED_TEST_SUITE(stats_map_of_any_kind, every_kind);

TYPED_TEST(stats_map_of_any_kind, is_a_map) {
  typename TypeParam::template map<std::string, int> map;
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.insert_or_assign("one", 1));
  EXPECT_FALSE(map.insert_or_assign("one", 11));
  EXPECT_TRUE(map.insert("two", 2));
  EXPECT_FALSE(map.insert("two", 22));
  EXPECT_TRUE(map.try_emplace("three", 3));
  EXPECT_TRUE(map.upsert("four", [](int& value) { ++value; }, 4));
  EXPECT_FALSE(map.upsert("four", [](int& value) { ++value; }, 4));
  EXPECT_TRUE(map.update("three", [](int& value) { value *= 10; }));
  EXPECT_FALSE(map.update("nine", [](int&) { FAIL(); }));
  EXPECT_EQ(map.size(), 4u);
  EXPECT_EQ(map.find("one"), 11);
  EXPECT_EQ(map.find("two"), 2);
  EXPECT_EQ(map.find("three"), 30);
  EXPECT_EQ(map.find("four"), 5);
  EXPECT_EQ(map.find("nine"), std::nullopt);
  EXPECT_EQ(map.get("one", 7), 11);
  EXPECT_EQ(map.get("nine", 7), 7);
  EXPECT_TRUE(map.contains("one"));
  EXPECT_FALSE(map.contains("nine"));
  EXPECT_TRUE(map.erase("one"));
  EXPECT_FALSE(map.erase("one"));
  EXPECT_EQ(map.find(std::string_view("one")), std::nullopt);
  EXPECT_EQ(map.size(), 3u);
}

TYPED_TEST(stats_map_of_any_kind, counts_what_happened_in_all) {
  if constexpr (TypeParam::kept >= access_statistics::totals) {
    typename TypeParam::template map<int, int> map;
    EXPECT_EQ(map.stats(), access_totals{});
    map.find(1);
    map.get(1, 0);
    map.insert(1, 1);
    map.insert(1, 2);            // nothing: it is there
    map.insert_or_assign(1, 2);  // an update
    map.insert_or_assign(2, 1);
    map.try_emplace(3, 1);
    map.upsert(3, [](int&) {}, 1);
    map.upsert(4, [](int&) {}, 1);
    map.update(1, [](int&) {});
    map.update(9, [](int&) {});  // nothing: it is not there
    for (int i = 0; i != 5; ++i) map.find(1);
    map.get(2, 0);
    map.contains(1);
    map.contains(9);
    map.erase(2);
    map.erase(2);  // nothing: it is not there any more
    EXPECT_EQ(map.stats(), (access_totals{.hits = 6, .misses = 2, .inserts = 4, .updates = 3, .erases = 1}));
    map.reset_stats();
    EXPECT_EQ(map.stats(), access_totals{});
    EXPECT_EQ(map.size(), 3u);
  }
}

TYPED_TEST(stats_map_of_any_kind, counts_the_puts_of_each_key) {
  if constexpr (TypeParam::kept >= access_statistics::puts) {
    typename TypeParam::template map<int, int> map;
    EXPECT_EQ(map.accesses(1), std::nullopt);
    map.insert(1, 1);
    EXPECT_EQ(map.accesses(1)->puts, 1u);
    map.insert(1, 2);  // nothing
    map.insert_or_assign(1, 2);
    map.upsert(1, [](int&) {}, 1);
    map.update(1, [](int&) {});
    EXPECT_EQ(map.accesses(1)->puts, 4u);
    EXPECT_EQ(map.find(1), 2);
    map.erase(1);
    EXPECT_EQ(map.accesses(1), std::nullopt);
    map.insert(1, 1);
    EXPECT_EQ(map.accesses(1), (key_accesses{.gets = 0, .puts = 1})) << "what was erased is forgotten";
    map.reset_stats();
    EXPECT_EQ(map.accesses(1), key_accesses{});
    EXPECT_EQ(map.find(1), 1) << "the values stay";
  }
}

TEST(stats_map, counts_the_gets_of_each_key) {
  exact_map map;
  map.insert(1, 1);
  map.insert(2, 1);
  for (int i = 0; i != 100; ++i) map.find(1);
  map.get(2, 0);
  map.contains(2);
  EXPECT_EQ(map.accesses(1), (key_accesses{.gets = 100, .puts = 1}));
  EXPECT_EQ(map.accesses(2), (key_accesses{.gets = 1, .puts = 1}));
  EXPECT_EQ(map.accesses(2)->gets, 1u) << "to ask is no access";
  map.insert_or_assign(1, 2);
  EXPECT_EQ(map.accesses(1), (key_accesses{.gets = 100, .puts = 2})) << "a put leaves the gets alone";
  map.reset_stats();
  EXPECT_EQ(map.accesses(1), key_accesses{});
  map.find(1);
  EXPECT_EQ(map.accesses(1)->gets, 1u);
}

TEST(stats_map, counts_about_the_gets_of_each_key) {
  constexpr int gets = 30'000;
  approximate_map map;
  for (int key = 0; key != 4; ++key) map.insert(key, key);
  for (int i = 0; i != gets; ++i)
    for (int key = 0; key != 4; ++key) EXPECT_EQ(map.find(key / 2), key / 2);  // 0 and 1, twice as often
  for (const int key : {0, 1}) {
    const key_accesses seen = *map.accesses(key);
    EXPECT_NEAR(static_cast<double>(seen.gets), 2 * gets, 5 * 0.035 * 2 * gets) << "five standard errors";
    EXPECT_EQ(seen.puts, 1u);
  }
  EXPECT_EQ(map.accesses(2), (key_accesses{.gets = 0, .puts = 1}));
  map.update(0, [](int&) {});
  EXPECT_EQ(map.accesses(0)->puts, 2u);
  map.reset_stats();
  EXPECT_EQ(map.accesses(0), key_accesses{});
}

TYPED_TEST(stats_map_of_any_kind, ranks_keys) {
  if constexpr (TypeParam::kept >= access_statistics::puts) {
    using ranked = std::vector<std::pair<int, std::uint64_t>>;
    typename TypeParam::template map<int, int> map;
    EXPECT_EQ(map.most_written(3), ranked{});
    for (const int key : {3, 1, 5, 2, 4})
      for (int i = 0; i != key; ++i) map.insert_or_assign(key, 0);
    EXPECT_EQ(map.most_written(3), (ranked{{5, 5}, {4, 4}, {3, 3}}));
    EXPECT_EQ(map.most_written(5), (ranked{{5, 5}, {4, 4}, {3, 3}, {2, 2}, {1, 1}}));
    EXPECT_EQ(map.most_written(100), map.most_written(5));
    EXPECT_EQ(map.most_written(0), ranked{});
  }
}

TEST(stats_map, ranks_keys_by_gets) {
  exact_map map;
  for (int key = 0; key != 5; ++key) map.insert(key, 0);
  for (int i = 0; i != 7; ++i) map.find(4);
  map.find(2);
  EXPECT_EQ(map.most_read(2), (std::vector<std::pair<int, std::uint64_t>>{{4, 7}, {2, 1}}));
}

// Of a value that is not trivially copyable, what a callback has done before it throws stays done.
template <class Map>
void throws_and_counts_nothing(Map& map) {
  map.try_emplace(1);
  const auto fail = [](auto&) { throw std::runtime_error("no"); };
  EXPECT_THROW(map.update(1, fail), std::runtime_error);
  EXPECT_THROW(map.upsert(1, fail), std::runtime_error);
  EXPECT_EQ(map.stats(), access_totals{.inserts = 1});
  EXPECT_EQ(map.accesses(1)->puts, 1u);
}

TYPED_TEST(stats_map_of_any_kind, what_throws_counts_nothing) {
  if constexpr (TypeParam::kept >= access_statistics::puts) {
    typename TypeParam::template map<int, int> numbers;
    throws_and_counts_nothing(numbers);
    typename TypeParam::template map<int, std::string> texts;
    throws_and_counts_nothing(texts);
  }
}

TYPED_TEST(stats_map_of_any_kind, values_may_be_move_only) {
  typename TypeParam::template map<int, std::unique_ptr<int>> map;
  auto value = std::make_unique<int>(1);
  EXPECT_TRUE(map.insert_or_assign(1, std::move(value)));
  EXPECT_FALSE(map.insert_or_assign(1, std::make_unique<int>(2)));
  EXPECT_TRUE(map.update(1, [](std::unique_ptr<int>& held) { EXPECT_EQ(*held, 2); }));
}

TEST(stats_map, a_value_that_is_replaced_is_destroyed_without_a_lock) {
  plait::stats_map<int, std::shared_ptr<int>> map;
  int destroyed = 0;
  const auto ask = [&](const int* value) {
    delete value;
    EXPECT_FALSE(map.contains(7));
    ++destroyed;
  };
  map.insert_or_assign(1, std::shared_ptr<int>(new int(1), ask));
  map.insert_or_assign(1, std::shared_ptr<int>(new int(2), ask));
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(*map.find(1).value(), 2);
  map.erase(1);
  EXPECT_EQ(destroyed, 2);
}

TEST(stats_map, takes_no_more_memory_than_its_counts) {
  EXPECT_LE(sizeof(plait::stats_map<int, int, access_statistics::none>), sizeof(plait::hash_map<int, int>));
  EXPECT_TRUE(std::is_empty_v<plait::detail::access_counts<access_statistics::totals>>);
  EXPECT_EQ(sizeof(plait::detail::access_counts<access_statistics::approximate_gets>), 8u);
  EXPECT_EQ(sizeof(plait::detail::access_counts<access_statistics::exact_gets>), 16u);
}

template <class Map>
concept ranks_gets = requires(const Map& map) { map.most_read(1); };
template <class Map>
concept has_totals = requires(Map& map) { map.stats(), map.reset_stats(); };

TEST(stats_map, offers_only_what_it_counts) {
  static_assert(!has_totals<plait::stats_map<int, int, access_statistics::none>>);
  static_assert(has_totals<plait::stats_map<int, int, access_statistics::totals>>);
  static_assert(!ranks_gets<plait::stats_map<int, int, access_statistics::puts>>);
  static_assert(ranks_gets<plait::stats_map<int, int, access_statistics::exact_gets>>);
}

template <class Key>
concept finds = requires(plait::stats_map<std::string, int>& map, Key key) {
  map.get(key, 0), map.insert(key, 1), map.erase(key), map.accesses(key);
};
template <class Value>
concept takes =
    requires(plait::stats_map<std::string, int>& map, Value value) { map.insert_or_assign("a", value); };

TEST(stats_map, takes_what_a_key_or_a_value_is_made_of) {
  static_assert(finds<const char*> && finds<std::string>);
  static_assert(!finds<int> && !finds<std::nullptr_t>);
  static_assert(takes<short> && !takes<const char*>);
}

}  // namespace
