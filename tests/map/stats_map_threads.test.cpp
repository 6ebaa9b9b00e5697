// SPDX-License-Identifier: MIT
// stats_map among several threads: it counts what every one of them did.
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/stats_map.hpp>

namespace {

using plait::access_statistics;

template <access_statistics Kept>
void expect_that_nothing_is_lost() {
  constexpr int threads = 4;
  constexpr int rounds = 2000;
  constexpr int keys = 5;
  plait::stats_map<int, int, Kept> map;
  std::vector<std::thread> running;
  for (int t = 0; t != threads; ++t) {
    running.emplace_back([&] {
      for (int i = 0; i != rounds * keys; ++i) {
        map.insert_or_assign(i % keys, i);
        map.find(i % keys);
        map.find(-1);
      }
    });
  }
  for (std::thread& each : running) each.join();
  constexpr int all = threads * rounds * keys;
  EXPECT_EQ(map.stats(),
            (plait::access_totals{.hits = all, .misses = all, .inserts = keys, .updates = all - keys}));
  for (int key = 0; key != keys; ++key) {
    const plait::key_accesses seen = *map.accesses(key);
    EXPECT_EQ(seen.puts, static_cast<std::uint64_t>(threads * rounds));
    if constexpr (Kept == access_statistics::exact_gets) {
      EXPECT_EQ(seen.gets, static_cast<std::uint64_t>(threads * rounds));
    }
  }
}

TEST(stats_map_threads, puts_are_counted) {
  expect_that_nothing_is_lost<access_statistics::puts>();
}
TEST(stats_map_threads, puts_are_counted_beside_approximate_gets) {
  expect_that_nothing_is_lost<access_statistics::approximate_gets>();
}
TEST(stats_map_threads, puts_and_gets_are_counted) {
  expect_that_nothing_is_lost<access_statistics::exact_gets>();
}

}  // namespace
