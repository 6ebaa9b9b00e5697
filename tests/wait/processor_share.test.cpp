// SPDX-License-Identifier: MIT
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include <plait/detail/wait/processor_share.hpp>

namespace {

using plait::detail::processor_share;
using namespace std::chrono_literals;

// Every lock waits through it, also in a child of fork() in which the thread that was making it is missing.
static_assert(plait::detail::sync::made_by_the_compiler<processor_share>);

class share_of_two_processors : public testing::Test {
 protected:
  share_of_two_processors() { is_large(); }  // the first period begins

  bool is_large() {
    return share_.is_large(now_, 2, [this] { return used_; });
  }

  // A period, in which the program uses so much of both processors together.
  bool after(std::chrono::nanoseconds period, std::chrono::nanoseconds used) {
    now_ += period;
    used_ += used;
    return is_large();
  }

  processor_share share_;
  plait::detail::sync::clock::time_point now_{1h};
  std::chrono::nanoseconds used_ = 1min;
};

TEST_F(share_of_two_processors, is_not_large_before_it_has_been_measured) {
  EXPECT_FALSE(is_large());
}

TEST_F(share_of_two_processors, is_large_from_seven_sixteenths_on) {
  EXPECT_FALSE(after(32ms, 28ms - 1ns));
  EXPECT_TRUE(after(32ms, 28ms));
}

TEST_F(share_of_two_processors, is_not_measured_more_often_than_every_ten_milliseconds) {
  EXPECT_FALSE(after(10ms - 1ns, 20ms));
  EXPECT_TRUE(after(1ns, 0ms));
  EXPECT_TRUE(after(10ms - 1ns, 0ms));
  EXPECT_FALSE(after(1ns, 0ms));
}

TEST_F(share_of_two_processors, stays_as_it_was_where_the_program_may_have_been_idle) {
  EXPECT_TRUE(after(100ms, 200ms));
  EXPECT_TRUE(after(100ms + 1ns, 0ms));
  EXPECT_FALSE(after(100ms, 0ms)) << "the period after it is judged by";
}

TEST(processor_share, is_one_for_all_threads) {
  const processor_share* const mine = &processor_share::of_program();
  std::thread([&] { EXPECT_EQ(&processor_share::of_program(), mine); }).join();
}

TEST(processor_share, is_measured_by_the_clock_of_the_program) {
  const auto before = plait::detail::sync::program_time();
  std::thread([] {
    const auto begin = plait::detail::sync::clock::now();
    while (plait::detail::sync::clock::now() < begin + 1ms) {
    }
  }).join();
  EXPECT_GT(plait::detail::sync::program_time(), before);
}

}  // namespace
