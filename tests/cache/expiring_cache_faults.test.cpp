// SPDX-License-Identifier: MIT
// Every operation of expiring_cache that can throw, with every copy, hash, comparison and allocation in it
// failing in turn: the cache then still has what it had, but for what an insertion that failed has evicted.
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/faults.hpp"

namespace {

using fragile = faults::fragile_to_copy;
using cache = plait::expiring_cache<fragile, fragile, faults::hash>;

class expiring_cache_faults : public faults::test {
 protected:
  // The operation on a cache that holds 0 .. size - 1, each with its successor. It may change what key 3 and
  // new_key have, and evict others if it throws or not.
  template <class Operation>
  void expect_whole(std::size_t size, std::size_t capacity, Operation operation) {
    inject([&](faults::trial& trial) {
      cache tested({.capacity = capacity});
      for (int key = 0; key != static_cast<int>(size); ++key) tested.put(fragile(key), fragile(key + 1));
      const fragile three(3), fresh(new_key), value(77);
      trial.returns([&] { operation(tested, three, fresh, value); });
      std::size_t there = 0;
      for (int key = 0; key != static_cast<int>(size); ++key) {
        const auto found = tested.get(fragile(key));
        if (!found) continue;
        ++there;
        EXPECT_TRUE(found->value() == key + 1 || (key == 3 && found->value() == 77)) << key;
      }
      there += tested.contains(fresh) ? 1 : 0;
      EXPECT_EQ(tested.size(), there);
      EXPECT_LE(there, capacity);
      EXPECT_TRUE(size == capacity || there + 1 >= size) << "lost, with room for all";
      // Nothing is left over that would be in the way.
      for (int key = 0; key != static_cast<int>(size); ++key) tested.remove(fragile(key));
      tested.remove(fresh);
      EXPECT_EQ(tested.size(), 0u);
      for (int key = 0; key != static_cast<int>(capacity); ++key) EXPECT_TRUE(tested.put(fragile(key), value));
      EXPECT_EQ(tested.size(), capacity);
    });
  }

  static constexpr int new_key = 1000;
};

TEST_F(expiring_cache_faults, put_of_a_new_key) {
  for (const std::size_t size : {0u, 5u, 6u, 7u, 20u})
    expect_whole(size, 30,
                 [](cache& in, const auto&, const auto& fresh, const auto& value) { in.put(fresh, value); });
}
TEST_F(expiring_cache_faults, put_of_a_new_key_that_evicts) {
  expect_whole(10, 10,
               [](cache& in, const auto&, const auto& fresh, const auto& value) { in.put(fresh, value); });
}
TEST_F(expiring_cache_faults, put_of_a_new_key_that_expires) {
  expect_whole(5, 10, [](cache& in, const auto&, const auto& fresh, const auto& value) {
    in.put(fresh, value, std::chrono::hours(1));
  });
}
TEST_F(expiring_cache_faults, put_of_a_key_that_is_there) {
  expect_whole(5, 10,
               [](cache& in, const auto& three, const auto&, const auto& value) { in.put(three, value); });
}
TEST_F(expiring_cache_faults, put_of_a_key_that_is_there_and_expires) {
  expect_whole(5, 10, [](cache& in, const auto& three, const auto&, const auto& value) {
    in.put(three, value, std::chrono::hours(1));
  });
}
TEST_F(expiring_cache_faults, get_and_remove) {
  expect_whole(5, 10, [](cache& in, const auto& three, const auto&, const auto&) {
    in.get(three);
    in.remove(three);
  });
}
TEST_F(expiring_cache_faults, set_time_to_live) {
  expect_whole(5, 10, [](cache& in, const auto& three, const auto&, const auto&) {
    in.set_time_to_live(three, std::chrono::hours(1));
  });
}
TEST_F(expiring_cache_faults, get_or_load) {
  expect_whole(5, 10, [](cache& in, const auto&, const auto& fresh, const auto& value) {
    in.get_or_load(fresh, [&] { return value; });
  });
}

}  // namespace
