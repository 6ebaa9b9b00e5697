// SPDX-License-Identifier: MIT
// Every operation of expiring_cache that can throw, with every copy, hash, comparison and allocation in it
// failing in turn: the cache then still has what it had, but for what an insertion that failed has evicted.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
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
  // new_key have, and evict others if it throws or not. There is room for `capacity` entries of that weight.
  template <class Operation>
  void expect_whole(std::size_t size, std::size_t capacity, Operation operation, std::uint64_t weight = 1) {
    inject([&](faults::trial& trial) {
      cache tested = cache_of(capacity, weight);
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

 private:
  static cache cache_of(std::size_t entries, std::uint64_t weight) {
    if (weight == 1) return cache({.capacity = entries});
    return cache({.capacity = weight * entries, .heaviest = weight},
                 [weight](const fragile&, const fragile&) { return weight; });
  }
};

TEST_F(expiring_cache_faults, put_of_a_new_key) {
  for (const std::size_t size : {0u, 5u, 6u, 7u, 20u})
    expect_whole(size, 30,
                 [](cache& in, const auto&, const auto& fresh, const auto& value) { in.put(fresh, value); });
}
// Once, the policy had room for the links of an entry and none for its weight, which it wrote all the same.
TEST_F(expiring_cache_faults, put_of_a_new_key_that_weighs_more_than_1) {
  for (const std::size_t size : {0u, 1u, 3u, 6u, 20u})
    expect_whole(
        size, 30, [](cache& in, const auto&, const auto& fresh, const auto& value) { in.put(fresh, value); },
        2);
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

#if PLAIT_COUNTS_ALLOCATIONS

bool slots_fail = false;

// If it is told to fail, so does the next allocation of any kind.
template <class T>
struct twice_failing_allocator {
  using value_type = T;

  twice_failing_allocator() = default;
  template <class U>
  twice_failing_allocator(const twice_failing_allocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t n) {
    if (slots_fail) {
      allocations::until_failure = 1;
      throw std::bad_alloc();
    }
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept { std::allocator<T>().deallocate(p, n); }
  bool operator==(const twice_failing_allocator&) const = default;
};

// Once, the slot of a number was looked for where none had been made: those before it had no memory, and the
// number that was meant for them was lost.
TEST(expiring_cache_without_memory, a_lost_number_leaves_no_gap_in_the_slots) {
  plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, std::chrono::steady_clock,
                        twice_failing_allocator<int>>
      tested({.capacity = 64});
  for (int key = 0; key != 64; ++key) EXPECT_TRUE(tested.put(key, key));
  slots_fail = true;
  EXPECT_THROW(tested.put(64, 64), std::bad_alloc);
  slots_fail = false;
  EXPECT_EQ(allocations::until_failure, 0u) << "the number is lost";
  for (int key = 65; key != 300; ++key) {
    EXPECT_TRUE(tested.put(key, key));
    EXPECT_EQ(tested.get(key), key);
  }
  EXPECT_EQ(tested.size(), 64u);
}

// Once, a sweeper ended the program when there was no memory for what hits had left.
TEST(expiring_cache_without_memory, hits_are_lost_and_nothing_throws) {
  plait::expiring_cache<int, int> tested({.capacity = 3000, .heaviest = 3000}, [](int, int) { return 1; });
  for (int key = 0; key != 3000; ++key) tested.put(key, key);
  tested.set_capacity(500);  // the trials have few of those that stay
  std::size_t failures = 0;
  for (int key = 0; key != 3000; ++key) {
    if (!tested.get(key)) continue;
    allocations::until_failure = 1;
    EXPECT_NO_THROW(key % 2 == 0 ? tested.expire() : static_cast<void>(tested.remove(-1)));
    failures += allocations::until_failure == 0 ? 1 : 0;
    allocations::until_failure = 0;
  }
  EXPECT_GT(failures, 0u) << "nothing was missing";
  EXPECT_EQ(tested.size(), 500u);
}

#endif

}  // namespace
