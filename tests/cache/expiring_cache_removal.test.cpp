// SPDX-License-Identifier: MIT
// Whoever wants to know what leaves an expiring_cache is told once of each value, with the right cause, when no
// lock is held.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/map_values.hpp"
#include "support/words_and_strings.hpp"

namespace {

using map_values::make;
using namespace std::chrono_literals;
using plait::removal_cause;

template <class T>
class expiring_cache_removal : public testing::Test {
 protected:
  using cache_type = plait::expiring_cache<T, T, plait::detail::key_hash<T>, std::equal_to<>, manual_clock>;
  using event = std::tuple<T, T, removal_cause>;

  expiring_cache_removal() {
    cache.on_removal([this](const T& key, const T& value, removal_cause cause) {
      cache.contains(key);  // no lock is held
      cache.size();
      seen.emplace_back(key, value, cause);
    });
  }
  static event made(int key, int value, removal_cause cause) { return {make<T>(key), make<T>(value), cause}; }
  void put(int key, int value, plait::entry_lifetime lives = plait::never_expires) {
    cache.put(make<T>(key), make<T>(value), lives);
  }

  std::vector<event> seen;
  cache_type cache{{.capacity = 10}};
};
TYPED_TEST_SUITE(expiring_cache_removal, words_and_strings, names_of_words_and_strings);

TYPED_TEST(expiring_cache_removal, tells_what_was_replaced) {
  this->put(1, 10);
  EXPECT_TRUE(this->seen.empty());
  this->put(1, 11);
  this->cache.replace(make<TypeParam>(1), make<TypeParam>(12));
  this->cache.add(make<TypeParam>(1), make<TypeParam>(13));
  EXPECT_EQ(this->seen, (std::vector{this->made(1, 10, removal_cause::replaced),
                                     this->made(1, 11, removal_cause::replaced)}));
}

TYPED_TEST(expiring_cache_removal, tells_what_was_removed) {
  for (int i = 1; i != 5; ++i) this->put(i, 10 * i);
  this->cache.remove(make<TypeParam>(1));
  this->cache.remove(make<TypeParam>(1));
  this->put(2, 21, 0s);
  this->cache.set_time_to_live(make<TypeParam>(3), -1s);
  EXPECT_EQ(this->seen,
            (std::vector{this->made(1, 10, removal_cause::removed), this->made(2, 20, removal_cause::removed),
                         this->made(3, 30, removal_cause::removed)}));
}

TYPED_TEST(expiring_cache_removal, tells_what_has_expired) {
  this->put(1, 10, 1s);
  this->put(2, 20, 2s);
  manual_clock::advance(1s);
  this->put(1, 11, 1s);
  EXPECT_EQ(this->seen, std::vector{this->made(1, 10, removal_cause::expired)}) << "and not replaced";
  manual_clock::advance(1s);
  this->cache.remove(make<TypeParam>(2));
  this->cache.expire();
  EXPECT_EQ(this->seen.size(), 3u);
  for (const auto& each : this->seen) EXPECT_EQ(std::get<removal_cause>(each), removal_cause::expired);
}

TYPED_TEST(expiring_cache_removal, tells_what_was_evicted_and_cleared) {
  std::map<TypeParam, int> there;
  for (int i = 0; i != 100; ++i) {
    this->put(i, i + 1);
    ++there[make<TypeParam>(i)];
  }
  EXPECT_EQ(this->seen.size(), 90u);
  for (const auto& [key, value, cause] : this->seen) {
    EXPECT_EQ(cause, removal_cause::evicted);
    EXPECT_FALSE(this->cache.contains(key));
    EXPECT_EQ(--there[key], 0) << "told twice";
  }
  this->seen.clear();
  this->cache.clear();
  EXPECT_EQ(this->seen.size(), 10u);
  for (const auto& [key, value, cause] : this->seen) {
    EXPECT_EQ(cause, removal_cause::cleared);
    EXPECT_EQ(--there[key], 0) << "told twice";
  }
}

}  // namespace
