// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/count/approximate_count.hpp>

namespace {

using plait::detail::approximate_count;
using plait::detail::sample;

constexpr std::uint64_t certain = 0;
constexpr std::uint64_t hardly = std::numeric_limits<std::uint64_t>::max();

TEST(sample, chooses_as_many_as_it_says) {
  constexpr int events = 1'000'000;
  double chosen = 0;
  for (int i = 0; i != events; ++i) chosen += sample::is_chosen();
  EXPECT_NEAR(chosen * sample::one_in, events, events * 0.016);  // five standard errors
}

TEST(sample, keeps_to_no_rhythm) {
  // Of a thread that does three things in turn, or 32, each is chosen as often as the others.
  for (const std::size_t things : {3u, 32u}) {
    std::vector<double> chosen(things);
    for (std::size_t i = 0; i != 3'000 * sample::one_in * things; ++i)
      chosen[i % things] += sample::is_chosen();
    for (const double each : chosen) EXPECT_NEAR(each, 3'000, 5 * std::sqrt(3'000)) << things;
  }
}

TEST(sample, is_another_one_in_each_thread) {
  const auto first = [] {
    std::uint64_t at = 0;
    std::thread([&] {
      sample::is_chosen();
      at = sample::bits();
    }).join();
    return at;
  };
  EXPECT_NE(first(), first());
}

TEST(approximate_count, each_step_is_worth_as_much_as_it_is_seldom) {
  std::uint64_t one_in = 1;
  for (std::uint16_t step = 0; step != 20'000; ++step) {
    const approximate_count count(step);
    approximate_count next = count;
    next.add(certain);
    ASSERT_EQ(next.steps(), step + 1);
    const std::uint64_t worth = next.value() - count.value();
    ASSERT_EQ(worth % sample::one_in, 0u) << step;
    one_in = worth / sample::one_in;
    // Of all numbers the lowest of that many parts is chosen, and no more.
    next = count;
    next.add(hardly / one_in);
    ASSERT_EQ(next.steps(), step + 1);
    if (one_in == 1) continue;
    next = count;
    next.add(hardly / one_in + 1);
    ASSERT_EQ(next.steps(), step);
  }
  EXPECT_EQ(one_in, std::uint64_t{1} << (20'000 / 512 - 1)) << "it was seldom in the end";
}

TEST(approximate_count, is_right_on_average_and_as_near_as_it_says) {
  constexpr std::size_t keys = 200;
  std::mt19937_64 random(1);  // NOLINT(bugprone-random-generator-seed): the same each time
  for (const std::uint64_t events_each : {100u, 1'000u, 10'000u, 50'000u}) {
    std::array<approximate_count, keys> counts;
    std::array<double, keys> events{};
    for (std::uint64_t i = 0; i != events_each * keys; ++i) {
      const std::size_t key = random() % keys;
      ++events[key];
      if (sample::is_chosen()) counts[key].add(sample::bits());
    }
    const double stated = events_each <= 32'768 ? std::sqrt(31.0 / static_cast<double>(events_each)) : 0.035;
    double sum = 0;
    double squares = 0;
    for (std::size_t key = 0; key != keys; ++key) {
      const double error = static_cast<double>(counts[key].value()) / events[key] - 1;
      sum += error / keys;
      squares += error * error / keys;
    }
    EXPECT_LT(std::abs(sum), 5 * stated / std::sqrt(keys)) << events_each;
    EXPECT_LT(std::sqrt(squares), 1.25 * stated) << events_each;  // 200 counts show it to within 5 %
  }
}

}  // namespace
