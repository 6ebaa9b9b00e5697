// SPDX-License-Identifier: MIT
// What two threads find in a cache is what one finds: no hit is lost on its way to the policy because another
// thread is at work.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

namespace {

// Key k is asked for about in proportion to 1 / k: so it is if the logarithm of the key is uniform.
std::vector<std::uint64_t> skewed_requests(std::size_t count, double keys) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> requests(count);
  for (std::uint64_t& key : requests) {
    const double part = static_cast<double>(random() >> 11) * 0x1p-53;
    key = static_cast<std::uint64_t>(std::exp(part * std::log(keys)));
  }
  return requests;
}

// In percent. The threads take turns with the requests, as long as they run at the same speed.
double hit_ratio(const std::vector<std::uint64_t>& requests, std::size_t threads) {
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = 1000});
  std::vector<std::size_t> hits(threads);
  std::vector<std::jthread> running;
  for (std::size_t first = 0; first != threads; ++first) {
    running.emplace_back([&, first] {
      std::size_t mine = 0;
      for (std::size_t i = first; i < requests.size(); i += threads) {
        if (cache.get(requests[i]))
          ++mine;
        else
          cache.put(requests[i], 0);
      }
      hits[first] = mine;
    });
  }
  running.clear();  // joins
  const auto all = static_cast<double>(std::accumulate(hits.begin(), hits.end(), std::size_t{0}));
  return 100 * all / static_cast<double>(requests.size());
}

TEST(expiring_cache_hit_ratio, of_two_threads_is_that_of_one) {
  const std::vector<std::uint64_t> requests = skewed_requests(200'000, 20'000);
  // Each cache hashes in its own way, which alone makes differences of 0.1: hence the mean of some.
  constexpr int runs = 4;
  double alone = 0, together = 0;
  for (int run = 0; run != runs; ++run) {
    alone += hit_ratio(requests, 1) / runs;
    together += hit_ratio(requests, 2) / runs;
  }
  EXPECT_GT(alone, 50);
  EXPECT_NEAR(together, alone, 0.3) << "percent";
  RecordProperty("alone", std::to_string(alone));
  RecordProperty("together", std::to_string(together));
}

}  // namespace
