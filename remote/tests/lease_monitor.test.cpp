// SPDX-License-Identifier: MIT
// The monitor of leases finds each violation, and nothing in a history that is well.
#include "support/lease_monitor.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

struct monitor : testing::Test {
  support::lease_monitor history{100ms};
  const support::lease_monitor::clock::time_point zero{};

  monitor() { history.pushed(1); }
};

TEST_F(monitor, accepts_an_item_that_is_done) {
  history.delivered(1, 7, 1, 1, zero);
  history.acknowledged(1, 7, zero + 1ms);
  EXPECT_TRUE(history.judge().empty());
}

TEST_F(monitor, accepts_a_delivery_after_the_holders_death) {
  history.delivered(1, 7, 1, 1, zero);
  history.silent_from(7, zero + 5ms, true);
  history.delivered(1, 8, 2, 2, zero + 105ms);
  history.acknowledged(1, 8, zero + 110ms);
  EXPECT_TRUE(history.judge().empty());
}

TEST_F(monitor, accepts_that_a_killed_holder_may_have_finished_it) {
  history.delivered(1, 7, 1, 1, zero);
  history.silent_from(7, zero + 5ms, true);
  EXPECT_TRUE(history.judge().empty());
}

TEST_F(monitor, finds_a_lost_item) {
  EXPECT_EQ(history.judge().size(), 1u);
}

TEST_F(monitor, finds_an_item_whose_holder_lives_and_never_finishes) {
  history.delivered(1, 7, 1, 1, zero);
  EXPECT_EQ(history.judge().size(), 1u);
}

TEST_F(monitor, finds_an_item_that_was_never_pushed) {
  history.delivered(1, 7, 1, 1, zero);
  history.acknowledged(1, 7, zero);
  history.delivered(2, 7, 1, 2, zero);
  history.acknowledged(2, 7, zero);
  EXPECT_EQ(history.judge().size(), 1u);
}

TEST_F(monitor, finds_two_acknowledgements) {
  history.delivered(1, 7, 1, 1, zero);
  history.silent_from(7, zero, false);
  history.delivered(1, 8, 2, 2, zero + 100ms);
  history.acknowledged(1, 8, zero + 101ms);
  history.acknowledged(1, 7, zero + 102ms);
  EXPECT_EQ(history.judge().size(), 1u);
}

TEST_F(monitor, finds_a_delivery_while_the_lease_lasts) {
  history.delivered(1, 7, 1, 1, zero);
  history.silent_from(7, zero, true);
  history.delivered(1, 8, 2, 2, zero + 99ms);
  history.acknowledged(1, 8, zero + 101ms);
  EXPECT_EQ(history.judge().size(), 1u);
}

TEST_F(monitor, accepts_that_a_holder_was_killed_while_it_gave_back) {
  history.delivered(1, 7, 1, 1, zero);
  history.begins_to_give_back(1, 7, zero);
  history.delivered(1, 8, 2, 2, zero + 1ms);
  history.acknowledged(1, 8, zero + 1ms);
  EXPECT_EQ(history.judge().size(), 1u) << "it lives, and has not said that it gave it back";
  history.silent_from(7, zero + 2ms, true);
  EXPECT_TRUE(history.judge().empty());
}

TEST_F(monitor, finds_a_second_holder_beside_one_that_lives) {
  history.delivered(1, 7, 1, 1, zero);
  history.delivered(1, 8, 2, 2, zero + 200ms);
  history.acknowledged(1, 8, zero + 201ms);
  EXPECT_EQ(history.judge().size(), 1u);
}

TEST_F(monitor, finds_a_delivery_that_is_not_counted_and_a_token_that_does_not_grow) {
  history.delivered(1, 7, 1, 2, zero);
  history.given_back(1, 7, zero);
  history.delivered(1, 8, 1, 2, zero + 100ms);
  history.acknowledged(1, 8, zero + 101ms);
  EXPECT_EQ(history.judge().size(), 2u);
}

TEST_F(monitor, finds_a_delivery_that_nobody_got) {
  history.delivered(1, 7, 1, 1, zero);
  history.given_back(1, 7, zero);
  history.delivered(1, 8, 3, 2, zero + 100ms);
  history.acknowledged(1, 8, zero + 101ms);
  EXPECT_EQ(history.judge().size(), 1u);
}

}  // namespace
