// SPDX-License-Identifier: MIT
// Tags: what is removed with one of them, and what is not.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/map_values.hpp"
#include "support/monitor_tests.hpp"
#include "support/words_and_strings.hpp"

namespace {

using map_values::make;
using namespace std::chrono_literals;
using plait::removal_cause;

template <class T>
class expiring_cache_tags : public testing::Test {
 protected:
  bool put(int key, std::vector<plait::cache_tag> tags) {
    return cache.put(make<T>(key), make<T>(key), {.tags = std::move(tags)});
  }
  bool contains(int key) { return cache.contains(make<T>(key)); }

  plait::expiring_cache<T, T, plait::detail::key_hash<T>, std::equal_to<>, manual_clock> cache{
      {.capacity = 5000}};
};
TYPED_TEST_SUITE(expiring_cache_tags, words_and_strings, names_of_words_and_strings);

TYPED_TEST(expiring_cache_tags, all_with_a_tag_are_removed_and_no_others) {
  std::vector<removal_cause> told;
  this->cache.on_removal(
      [&](const TypeParam&, const TypeParam&, removal_cause cause) { told.push_back(cause); });
  for (int i = 0; i != 3000; ++i) {
    if (i % 6 == 0)
      this->put(i, {"six", "two", 3});
    else if (i % 2 == 0)
      this->put(i, {"two"});
    else if (i % 3 == 0)
      this->put(i, {3});
    else
      this->put(i, {});
  }
  EXPECT_EQ(this->cache.invalidate_tag("none"), 0u);
  EXPECT_EQ(this->cache.invalidate_tag("two"), 1500u);
  for (int i = 0; i != 3000; ++i) EXPECT_EQ(this->contains(i), i % 2 != 0) << i;
  EXPECT_EQ(this->cache.invalidate_tag("six"), 0u);
  EXPECT_EQ(this->cache.invalidate_tag(3), 500u);
  EXPECT_EQ(this->cache.size(), 1000u);
  EXPECT_EQ(told, std::vector(2000, removal_cause::removed));
}

TYPED_TEST(expiring_cache_tags, a_new_value_has_its_own_tags) {
  this->put(1, {"old"});
  this->put(1, {"new"});
  this->put(2, {"old"});
  this->cache.put(make<TypeParam>(2), make<TypeParam>(7));
  EXPECT_EQ(this->cache.invalidate_tag("old"), 0u);
  EXPECT_TRUE(this->contains(1) && this->contains(2));
  EXPECT_EQ(this->cache.invalidate_tag("new"), 1u);
  this->put(3, {"old"});
  EXPECT_FALSE(this->cache.add(make<TypeParam>(3), make<TypeParam>(1), {.tags = {"new"}}));
  EXPECT_TRUE(this->cache.set_time_to_live(make<TypeParam>(3), 1h));
  EXPECT_EQ(this->cache.invalidate_tag("old"), 1u) << "which an add that does nothing, or a new time, leaves";
}

TYPED_TEST(expiring_cache_tags, what_was_removed_or_has_expired_has_none) {
  this->put(1, {"a"});
  this->cache.remove(make<TypeParam>(1));
  EXPECT_EQ(this->cache.invalidate_tag("a"), 0u);
  this->cache.put(make<TypeParam>(1), make<TypeParam>(1));
  this->cache.put(make<TypeParam>(2), make<TypeParam>(2), {.time_to_live = 1s, .tags = {"a"}});
  manual_clock::advance(1s);
  EXPECT_EQ(this->cache.invalidate_tag("a"), 0u);
  EXPECT_EQ(this->cache.size(), 1u);
  EXPECT_EQ(this->cache.statistics().expirations, 1u);
}

// The same number is given to another entry: it has not inherited anything.
TYPED_TEST(expiring_cache_tags, agree_with_a_dictionary) {
  plait::expiring_cache<TypeParam, TypeParam> small({.capacity = 60});
  std::map<int, std::set<std::uint32_t>> tags;
  small.on_removal([&](const TypeParam& key, const TypeParam&, removal_cause cause) {
    if (cause != removal_cause::replaced)
      std::erase_if(tags, [&](auto& each) { return make<TypeParam>(each.first) == key; });
  });
  monitor_tests::dice dice(11);
  for (int i = 0; i != 6000; ++i) {
    const int key = static_cast<int>(dice.below(100));
    if (dice.one_in(20)) {
      const std::uint32_t tag = dice.below(12);
      std::set<int> doomed;
      for (const auto& [of, all] : tags)
        if (all.contains(tag)) doomed.insert(of);
      EXPECT_EQ(small.invalidate_tag(tag), doomed.size());
      for (const int each : doomed) EXPECT_FALSE(small.contains(make<TypeParam>(each)));
    } else if (dice.one_in(10)) {
      small.remove(make<TypeParam>(key));
    } else {
      std::vector<plait::cache_tag> given;
      std::set<std::uint32_t> own;
      for (std::uint32_t count = dice.below(4); count != 0; --count) {
        const std::uint32_t tag = dice.below(12);
        given.emplace_back(tag), own.insert(tag);
      }
      if (small.put(make<TypeParam>(key), make<TypeParam>(i), {.tags = given})) tags[key] = own;
    }
    ASSERT_EQ(small.size(), tags.size());
  }
}

TEST(expiring_cache_tags_of_loads, what_an_executor_loads_has_them_too) {
  plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, manual_clock> cache(
      {.capacity = 10, .time_to_live = 10s});
  std::function<void()> later;
  {
    const plait::load_options how{.refresh_after = 1s,
                                  .executor = [&](std::function<void()> task) { later = std::move(task); },
                                  .tags = {"a"}};
    EXPECT_EQ(cache.get_or_load(1, [] { return 5; }, how), 5);
    manual_clock::advance(2s);
    EXPECT_EQ(cache.get_or_load(1, [] { return 6; }, how), 5);
  }
  later();
  EXPECT_EQ(cache.get(1), 6);
  EXPECT_EQ(cache.invalidate_tag("a"), 1u);
}

TEST(cache_tag, texts_and_numbers_are_told_apart_by_what_they_are) {
  enum class kind { user = 3 };
  EXPECT_EQ(plait::cache_tag("user"), plait::cache_tag(std::string("user")));
  EXPECT_EQ(plait::cache_tag(3), plait::cache_tag(kind::user));
  EXPECT_FALSE(plait::cache_tag("3") == plait::cache_tag(3));
  EXPECT_FALSE(plait::cache_tag("user:1") == plait::cache_tag("user:2"));
}

}  // namespace
