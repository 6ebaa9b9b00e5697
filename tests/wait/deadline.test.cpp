// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include <gtest/gtest.h>

#include <plait/detail/wait/deadline.hpp>

namespace {

using plait::detail::deadline;
using namespace std::chrono_literals;
using real = std::numeric_limits<double>;
using seconds = std::chrono::duration<double>;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// How far `until` lies ahead; it was made after `before`.
steady_clock::duration ahead_of(const steady_clock::time_point& before, const deadline& until) {
  return *until.time() - before;
}

TEST(deadline, never_does_not_pass_and_has_no_time) {
  EXPECT_TRUE(deadline::never().is_never());
  EXPECT_FALSE(deadline::never().has_passed());
  EXPECT_EQ(deadline::never().time(), nullptr);
}

TEST(deadline, no_time_or_less_has_passed) {
  EXPECT_TRUE(deadline::after(0s).has_passed());
  EXPECT_TRUE(deadline::after(-1ns).has_passed());
  EXPECT_TRUE(deadline::after(std::chrono::nanoseconds::min()).has_passed());
  EXPECT_TRUE(deadline::after(std::chrono::hours::min()).has_passed());
  EXPECT_TRUE(deadline::after(seconds(-real::infinity())).has_passed());
  EXPECT_TRUE(deadline::after(seconds(real::quiet_NaN())).has_passed());
  EXPECT_TRUE(deadline::at(steady_clock::now()).has_passed());
  EXPECT_TRUE(deadline::at(steady_clock::time_point::min()).has_passed());
  EXPECT_TRUE(deadline::at(system_clock::time_point::min()).has_passed());
}

TEST(deadline, a_wait_too_long_to_represent_never_passes) {
  EXPECT_TRUE(deadline::after(std::chrono::nanoseconds::max()).is_never());
  EXPECT_TRUE(deadline::after(std::chrono::hours::max()).is_never());
  EXPECT_TRUE(deadline::after(seconds(real::infinity())).is_never());
  EXPECT_TRUE(deadline::after(seconds(real::max())).is_never());
  EXPECT_TRUE(deadline::after(std::chrono::duration<std::int64_t, std::exa>(1)).is_never());
  EXPECT_TRUE(deadline::at(steady_clock::time_point::max()).is_never());
  EXPECT_FALSE(deadline::at(system_clock::time_point::max()).has_passed());
}

TEST(deadline, no_unit_and_no_representation_is_cut_short) {
  const auto before = steady_clock::now();
  EXPECT_GE(ahead_of(before, deadline::after(1h)), 1h);
  EXPECT_LT(ahead_of(before, deadline::after(1h)), 2h);
  EXPECT_GE(ahead_of(before, deadline::after(1ns)), 1ns);
  EXPECT_GE(ahead_of(before, deadline::after(seconds(0.25))), 250ms);
  EXPECT_GE(ahead_of(before, deadline::after(std::chrono::duration<float>(3600))), 1h);
  EXPECT_GE(ahead_of(before, deadline::after(std::chrono::duration<int, std::ratio<1, 3>>(1))), 333'333'333ns);
  EXPECT_GT(ahead_of(before, deadline::after(std::chrono::duration<std::int64_t, std::atto>(1))), 0ns);
  EXPECT_GT(ahead_of(before, deadline::after(seconds(real::denorm_min()))), 0ns);
  EXPECT_GE(ahead_of(before, deadline::after(std::chrono::years(200))), std::chrono::years(200));
}

TEST(deadline, a_time_point_is_met_on_its_own_clock) {
  const auto when = steady_clock::now() + 1h;
  const auto steady = deadline::at(when);
  EXPECT_GE(*steady.time(), when - 1us);
  EXPECT_LT(*steady.time(), when + 1min);
  const auto before = steady_clock::now();
  const auto system =
      deadline::at(std::chrono::time_point_cast<std::chrono::seconds>(system_clock::now() + 1h));
  EXPECT_GT(ahead_of(before, system), 59min);
  EXPECT_LT(ahead_of(before, system), 61min);
}

TEST(deadline, a_nap_shortens_a_deadline_and_never_lengthens_it) {
  const deadline soon = deadline::after(1ms);
  EXPECT_EQ(*soon.or_after(1h).time(), *soon.time());
  const deadline napping = deadline::never().or_after(1ms);
  EXPECT_FALSE(napping.is_never());
  EXPECT_LT(*napping.time(), steady_clock::now() + 1h);
  EXPECT_LT(*deadline::after(1h).or_after(1ms).time(), *deadline::after(1h).time());
}

TEST(deadline, of_two_the_sooner_is_met) {
  const deadline soon = deadline::after(1ms), late = deadline::after(1h);
  EXPECT_EQ(*soon.or_sooner(late).time(), *soon.time());
  EXPECT_EQ(*late.or_sooner(soon).time(), *soon.time());
  EXPECT_EQ(*deadline::never().or_sooner(late).time(), *late.time());
}

}  // namespace
