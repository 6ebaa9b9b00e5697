// SPDX-License-Identifier: MIT
// What hash_map promises to several threads: who waits for whom, and that nothing is lost.
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/hash_map.hpp>

#include "support/map_values.hpp"
#include "support/threads.hpp"

namespace {

using map_values::wide;
using numbers = plait::hash_map<std::uint64_t, std::uint64_t>;

TEST(hash_map_waiting, only_callers_of_the_same_key_wait_for_a_computation) {
  numbers map;
  std::atomic<bool> may_end = false;
  std::atomic<bool> runs = false;
  std::thread first([&] {
    map.get_or_insert_with(1, [&] {
      runs = true;
      runs.notify_all();
      may_end.wait(false);
      return 10u;
    });
  });
  runs.wait(false);
  threads::sleeper second([&] { EXPECT_EQ(map.get_or_insert_with(1, [] { return 11u; }), 10u); });
  EXPECT_FALSE(second.has_returned());
  EXPECT_EQ(map.get_or_insert_with(2, [] { return 20u; }), 20u);
  EXPECT_FALSE(map.contains(1));
  map.insert(3, 30);
  may_end = true;
  may_end.notify_all();
  first.join();
  second.join();
  EXPECT_EQ(map.find(1), 10u);
}

TEST(hash_map_waiting, two_threads_that_would_wait_for_each_other_are_told_so) {
  numbers map;
  std::atomic<int> inside = 0;
  std::atomic<int> refused = 0;
  const auto compute = [&](std::uint64_t own, std::uint64_t other) {
    try {
      map.get_or_insert_with(own, [&] {
        for (++inside; inside < 2;) std::this_thread::yield();
        return map.get_or_insert_with(other, [] { return 5u; });
      });
    } catch (const std::logic_error&) {
      ++refused;
    }
  };
  std::thread first(compute, 1, 2);
  std::thread second(compute, 2, 1);
  first.join();
  second.join();
  EXPECT_EQ(refused, 1);  // and the other one got what it waited for
  EXPECT_EQ(map.size(), 2u);
}

TEST(hash_map_waiting, a_lock_free_find_does_not_wait_for_an_update) {
  plait::hash_map<int, wide> map;
  map.insert(1, {1, 1});
  map.update(1, [&](wide& value) {
    value = {2, 2};
    std::thread([&] { EXPECT_EQ(map.find(1), (wide{1, 1})); }).join();
    EXPECT_EQ(map.find(1), (wide{1, 1}));
  });
  EXPECT_EQ(map.find(1), (wide{2, 2}));
}

TEST(hash_map_threads, put_change_and_erase_side_by_side) {
  numbers map;
  constexpr std::uint64_t keys_each = 4000;
  std::vector<std::thread> all;
  for (std::uint64_t thread = 0; thread != 4; ++thread)
    all.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i != keys_each; ++i) {
        const std::uint64_t own = 4 * i + thread + 100;
        map.insert(own, own);
        map.upsert(i % 100, [](std::uint64_t& value) { ++value; }, 1u);
        EXPECT_EQ(map.find(own), own);
        if (i % 2 == 1) {
          EXPECT_TRUE(map.erase(own));
        }
      }
    });
  for (std::thread& each : all) each.join();
  std::uint64_t sum = 0;
  for (std::uint64_t key = 0; key != 100; ++key) sum += map.find(key).value_or(0);
  EXPECT_EQ(sum, 4 * keys_each);
  EXPECT_EQ(map.size(), 100 + 4 * keys_each / 2);
}

}  // namespace
