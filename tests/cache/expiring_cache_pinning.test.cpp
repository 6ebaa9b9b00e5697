// SPDX-License-Identifier: MIT
// Entries that eviction passes over: until when, and what happens where nothing else is left.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/map_values.hpp"
#include "support/words_and_strings.hpp"

namespace {

using namespace std::chrono_literals;
using plait::removal_cause;

template <class T>
class expiring_cache_pinning : public testing::Test {
 protected:
  static T make(int number) { return map_values::make<T>(number); }
  bool put(int key, const plait::put_options& how = {}) { return cache.put(make(key), make(key), how); }
  bool contains(int key) { return cache.contains(make(key)); }
  // Puts many other keys.
  void crowd() {
    for (int i = 0; i != 300; ++i) put(1000 + i);
  }

  plait::expiring_cache<T, T, plait::detail::key_hash<T>, std::equal_to<>, manual_clock> cache{
      {.capacity = 20}};
};
TYPED_TEST_SUITE(expiring_cache_pinning, words_and_strings, names_of_words_and_strings);

TYPED_TEST(expiring_cache_pinning, what_is_pinned_is_not_evicted) {
  this->put(1), this->put(2), this->put(3, {.is_pinned = true});
  EXPECT_TRUE(this->cache.pin(this->make(1)));
  EXPECT_TRUE(this->cache.pin(this->make(1))) << "twice is once";
  this->crowd();
  EXPECT_TRUE(this->contains(1) && this->contains(3));
  EXPECT_EQ(this->cache.size(), 20u);
  EXPECT_GE(this->cache.statistics().evictions, 280u);
  EXPECT_TRUE(this->cache.unpin(this->make(1)));
  EXPECT_FALSE(this->cache.unpin(this->make(1)));
  EXPECT_TRUE(this->contains(1)) << "it leaves when its turn comes";
  this->cache.set_capacity(1);
  EXPECT_TRUE(!this->contains(1) && this->contains(3));
}

TYPED_TEST(expiring_cache_pinning, what_is_not_there_cannot_be_pinned) {
  EXPECT_FALSE(this->cache.pin(this->make(1)));
  EXPECT_FALSE(this->cache.unpin(this->make(1)));
  this->put(1, {.time_to_live = 1s});
  manual_clock::advance(1s);
  EXPECT_FALSE(this->cache.pin(this->make(1)));
  this->put(2);
  EXPECT_FALSE(this->cache.unpin(this->make(2)));
}

TYPED_TEST(expiring_cache_pinning, expiry_and_removal_hold_for_what_is_pinned) {
  for (int i = 0; i != 4; ++i) this->put(i, {.time_to_live = i == 0 ? 1s : 1h, .is_pinned = true});
  manual_clock::advance(1s);
  EXPECT_FALSE(this->contains(0));
  EXPECT_TRUE(this->cache.remove(this->make(1)));
  EXPECT_EQ(this->cache.remove_if([&](const auto& key, const auto&) { return key == this->make(2); }), 1u);
  EXPECT_EQ(this->cache.size(), 1u);
  this->cache.clear();
  EXPECT_TRUE(this->cache.empty());
  this->put(9, {.is_pinned = true});
  for (int i = 0; i != 4; ++i) this->put(i);
  this->cache.set_capacity(1);
  EXPECT_TRUE(this->contains(9)) << "and what has the key or the place of one that was pinned is not";
}

TYPED_TEST(expiring_cache_pinning, it_lasts_over_other_values_and_times) {
  this->put(1, {.is_pinned = true});
  EXPECT_TRUE(this->cache.put(this->make(1), this->make(5)));
  EXPECT_TRUE(this->cache.replace(this->make(1), this->make(6)));
  EXPECT_TRUE(this->cache.set_time_to_live(this->make(1), 1h));
  this->crowd();
  EXPECT_EQ(this->cache.get(this->make(1)), this->make(6));
}

// Where all is pinned there is no room for others, and no more than the capacity.
TYPED_TEST(expiring_cache_pinning, where_all_is_pinned_others_are_not_kept) {
  std::vector<removal_cause> told;
  this->cache.on_removal(
      [&](const TypeParam&, const TypeParam&, removal_cause cause) { told.push_back(cause); });
  for (int i = 0; i != 20; ++i) EXPECT_TRUE(this->put(i, {.is_pinned = true}));
  EXPECT_FALSE(this->put(100));
  EXPECT_FALSE(this->put(101, {.is_pinned = true}));
  EXPECT_EQ(this->cache.get_or_load(this->make(102), [&] { return this->make(7); }), this->make(7));
  EXPECT_EQ(this->cache.size(), 20u);
  EXPECT_TRUE(told.empty()) << "what was not let in was never there";
  EXPECT_TRUE(this->put(3)) << "but those that are there may change";
  EXPECT_TRUE(this->cache.unpin(this->make(5)));
  EXPECT_TRUE(this->put(100));
  EXPECT_FALSE(this->contains(5));
  EXPECT_TRUE(this->put(101) && !this->contains(100)) << "in the one place that is left";
}

TYPED_TEST(expiring_cache_pinning, a_lower_capacity_wins_and_takes_those_first_that_are_not_pinned) {
  for (int i = 0; i != 20; ++i) this->put(i, {.is_pinned = i % 2 == 0});
  this->cache.set_capacity(10);
  for (int i = 0; i != 20; ++i) EXPECT_EQ(this->contains(i), i % 2 == 0) << i;
  this->cache.set_capacity(3);
  EXPECT_TRUE(this->contains(14) && this->contains(16) && this->contains(18)) << "those pinned last";
  EXPECT_EQ(this->cache.size(), 3u);
}

TEST(expiring_cache_pinning_by_weight, what_is_pinned_takes_its_weight_from_the_others) {
  plait::expiring_cache<int, int> cache({.capacity = 100, .heaviest = 100},
                                        [](int, int weight) { return weight; });
  EXPECT_TRUE(cache.put(1, 60, {.is_pinned = true}));
  for (int i = 10; i != 50; ++i) cache.put(i, 5);
  EXPECT_EQ(cache.size(), 9u);
  EXPECT_FALSE(cache.put(2, 41)) << "there is room for 40 that can be made";
  EXPECT_EQ(cache.size(), 9u) << "and nobody leaves for what cannot come in";
  EXPECT_TRUE(cache.put(1, 80)) << "a heavier value of what is pinned";
  EXPECT_LE(cache.weight(), 100u);
  for (int i = 10; i != 50; ++i) cache.put(i, 5);
  EXPECT_EQ(cache.get(1), 80) << "is pinned, too";
  EXPECT_TRUE(cache.unpin(1)) << "and not only asked for more often than the others";
}

// Once, the value was let in by its new weight as one that is not pinned, and only then pinned if it still was
// there.
TEST(expiring_cache_pinning_by_weight, a_heavier_value_is_pinned_before_others_could_drive_it_out) {
  plait::expiring_cache<int, int> cache({.capacity = 100, .heaviest = 100},
                                        [](int, int weight) { return weight; });
  for (int i = 0; i != 20; ++i) cache.put(i, 5);
  for (int times = 0; times != 3; ++times)
    for (int i = 1; i != 20; ++i) cache.get(i);
  EXPECT_TRUE(cache.put(0, 60, {.is_pinned = true}));
  EXPECT_EQ(cache.get(0), 60);
  EXPECT_TRUE(cache.unpin(0));
}

}  // namespace
