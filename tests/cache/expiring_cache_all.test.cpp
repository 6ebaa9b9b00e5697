// SPDX-License-Identifier: MIT
// What expiring_cache does with many keys at once: get_many, remove_if, for_each.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/map_values.hpp"
#include "support/words_and_strings.hpp"

namespace {

using map_values::make;
using namespace std::chrono_literals;
using plait::entry_lifetime;
using plait::removal_cause;

template <class K>
using cache_of = plait::expiring_cache<K, K, plait::detail::key_hash<K>, std::equal_to<>, manual_clock>;

template <class K>
class expiring_cache_all : public testing::Test {
 protected:
  static K key(int number) { return make<K>(number); }
  // Puts first .. last - 1, each with ten times its number.
  static void fill(cache_of<K>& into, int first, int last) {
    for (int i = first; i != last; ++i) into.put(key(i), key(10 * i));
  }
  static std::set<K> keys_of(const cache_of<K>& of) {
    std::set<K> all;
    of.for_each([&](const K& key, const K&) { EXPECT_TRUE(all.insert(key).second) << "comes twice"; });
    return all;
  }
};

TYPED_TEST_SUITE(expiring_cache_all, words_and_strings, names_of_words_and_strings);

TYPED_TEST(expiring_cache_all, gets_many_in_their_order) {
  cache_of<TypeParam> cache({.capacity = 1000, .time_to_live = 10s});
  this->fill(cache, 0, 100);
  std::vector<TypeParam> wanted;
  for (const int i : {5, 100, 5, 0, 99, 101}) wanted.push_back(this->key(i));
  const std::vector<std::optional<TypeParam>> expected{this->key(50), std::nullopt,   this->key(50),
                                                       this->key(0),  this->key(990), std::nullopt};
  EXPECT_EQ(cache.get_many(wanted), expected);
  EXPECT_EQ(cache.get_many(std::list<TypeParam>(wanted.begin(), wanted.end())), expected);
  EXPECT_EQ(cache.get_many(wanted | std::views::transform([](const auto& each) { return each; })), expected);
  EXPECT_EQ(cache.get_many(std::vector<TypeParam>()).size(), 0u);
  const plait::cache_statistics seen = cache.statistics();
  EXPECT_EQ(seen.hits, 12u);
  EXPECT_EQ(seen.misses, 6u);
  manual_clock::advance(10s);
  EXPECT_EQ(cache.get_many(wanted), std::vector<std::optional<TypeParam>>(6));
}

TYPED_TEST(expiring_cache_all, removes_what_a_predicate_is_true_of_and_tells_so) {
  cache_of<TypeParam> cache({.capacity = 6000, .time_to_live = 10s});
  std::map<TypeParam, removal_cause> left;
  this->fill(cache, 0, 5000);
  for (int i = 5000; i != 5100; ++i) cache.put(this->key(i), this->key(i), 1s);
  manual_clock::advance(1s);
  cache.on_removal([&](const TypeParam& key, const TypeParam&, removal_cause cause) {
    EXPECT_TRUE(left.emplace(key, cause).second) << "told twice";
  });
  std::set<TypeParam> odd, over;
  for (int i = 1; i < 5000; i += 2) odd.insert(this->key(i));
  for (int i = 5000; i != 5100; ++i) over.insert(this->key(i));
  EXPECT_EQ(cache.remove_if([&](const TypeParam& key, const TypeParam&) {
    EXPECT_FALSE(over.contains(key)) << "it has expired";
    return odd.contains(key);
  }),
            2500u);
  EXPECT_EQ(cache.size(), 2500u);
  for (int i = 0; i != 5100; ++i) {
    const bool stays = i < 5000 && i % 2 == 0;
    ASSERT_EQ(cache.contains(this->key(i)), stays) << i;
    ASSERT_EQ(left.contains(this->key(i)), !stays) << i;
    if (stays) continue;
    ASSERT_EQ(left[this->key(i)], i < 5000 ? removal_cause::removed : removal_cause::expired) << i;
  }
  EXPECT_EQ(cache.statistics().expirations, 100u);
  EXPECT_EQ(cache.remove_if([](const auto&, const auto& value) { return value == make<TypeParam>(0); }), 1u);
  EXPECT_EQ(cache.remove_if([](const auto&, const auto&) { return false; }), 0u);
}

TYPED_TEST(expiring_cache_all, a_predicate_that_throws_leaves_the_rest) {
  cache_of<TypeParam> cache({.capacity = 100});
  this->fill(cache, 0, 50);
  int asked = 0;
  const auto pred = [&](const auto&, const auto&) {
    return ++asked == 11 ? throw std::range_error("no") : true;
  };
  EXPECT_THROW(cache.remove_if(pred), std::range_error);
  EXPECT_EQ(cache.size(), 40u);
  this->fill(cache, 0, 60);
  EXPECT_EQ(cache.size(), 60u);
}

TYPED_TEST(expiring_cache_all, shows_each_entry_once_with_its_value_and_the_time_that_is_left) {
  cache_of<TypeParam> cache({.capacity = 5000, .time_to_live = 10s});
  this->fill(cache, 0, 3000);
  cache.put(this->key(3000), this->key(30'000), plait::never_expires);
  cache.put(this->key(4000), this->key(1), 1s);
  manual_clock::advance(4s);
  std::set<TypeParam> seen;
  cache.for_each([&](const TypeParam& key, const TypeParam& value, entry_lifetime left) {
    EXPECT_TRUE(seen.insert(key).second);
    EXPECT_EQ(value, *cache.get(key)) << "no lock is held";
    EXPECT_EQ(left.is_endless(), key == this->key(3000));
    EXPECT_TRUE(left.is_endless() || (left.length() <= 6s && left.length() > 5s));
  });
  EXPECT_EQ(seen.size(), 3001u) << "what has expired is not shown";
  EXPECT_EQ(this->keys_of(cache), seen);
}

TYPED_TEST(expiring_cache_all, shows_first_what_would_stay_longest) {
  cache_of<TypeParam> cache({.capacity = 400});
  this->fill(cache, 0, 400);
  for (int round = 0; round != 3; ++round)
    for (int i = 0; i != 100; ++i) cache.get(this->key(i));
  std::vector<TypeParam> order;
  cache.for_each([&](const TypeParam& key, const TypeParam&) { order.push_back(key); });
  ASSERT_EQ(order.size(), 400u);
  std::set<TypeParam> hot(order.begin(), order.begin() + 100);
  for (int i = 0; i != 100; ++i) EXPECT_TRUE(hot.contains(this->key(i))) << i;
  // And so it is: the last ones leave for those that come.
  this->fill(cache, 1000, 1100);
  for (const TypeParam& key : hot) EXPECT_TRUE(cache.contains(key));
}

// Once, such values could be put and got, but neither visited nor loaded.
struct constant_word {
  const int value;
};
struct constant_object {
  explicit constant_object(int of) : value(of) {}
  constant_object(const constant_object& other) noexcept : value(other.value) {}  // NOLINT: so it is no word
  const int value;
};
template <class V>
void use_constants() {
  plait::expiring_cache<int, V> cache({.capacity = 10});
  EXPECT_TRUE(cache.put(1, V{1}) && cache.put(1, V{10}));
  for (const plait::load_options& how :
       {plait::load_options{}, {.time_to_live = 1h, .refresh_after = 1min}, {.time_to_live = 1h}})
    EXPECT_EQ(cache.get_or_load(2, [] { return V{20}; }, how).value, 20);
  const auto found = cache.get_many_or_load(std::vector{1, 2, 3}, [](const auto& keys) {
    std::vector<std::pair<int, V>> loaded;
    for (const int key : keys) loaded.emplace_back(key, V{10 * key});
    return loaded;
  });
  for (std::size_t i = 0; i != 3; ++i) EXPECT_EQ(found[i].value().value, static_cast<int>(10 * (i + 1)));
  int count = 0;
  cache.for_each([&](int key, const V& each) {
    ++count;
    EXPECT_EQ(each.value, 10 * key);
  });
  EXPECT_EQ(count, 3);
}
TEST(expiring_cache_all_constants, values_that_cannot_be_assigned_are_visited_and_loaded) {
  use_constants<constant_word>();
  use_constants<constant_object>();
}

}  // namespace
