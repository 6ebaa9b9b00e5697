// SPDX-License-Identifier: MIT
// The checker of the stress tests finds what it looks for, and nothing else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/fifo_history.hpp"

namespace {

using fifo_history::action;
using fifo_history::history;
using fifo_history::operation;
using fifo_history::time;

std::string fault(const history& operations, std::size_t capacity = 10, bool drained = true) {
  return fifo_history::find_fault(operations, capacity, drained).value_or("none");
}

TEST(fifo_history, accepts_the_empty_history_and_a_value_that_goes_in_and_comes_out) {
  EXPECT_EQ(fault({}), "none");
  EXPECT_EQ(fault({{action::pushed, 1, 0, 1}, {action::popped, 1, 2, 3}}), "none");
}

TEST(fifo_history, accepts_any_order_of_pushes_that_overlap) {
  EXPECT_EQ(fault({{action::pushed, 1, 0, 5},
                   {action::pushed, 2, 5, 6},
                   {action::popped, 2, 7, 8},
                   {action::popped, 1, 9, 10}}),
            "none");
}

TEST(fifo_history, finds_lost_doubled_and_invented_values) {
  EXPECT_EQ(fault({{action::pushed, 7, 0, 1}}), "value 7 of producer 0 was lost");
  EXPECT_EQ(fault({{action::pushed, 7, 0, 1}}, 10, false), "none");
  EXPECT_EQ(fault({{action::pushed, 7, 0, 1}, {action::popped, 7, 2, 3}, {action::popped, 7, 4, 5}}),
            "value 7 of producer 0 came out twice (from 4 to 5)");
  EXPECT_EQ(fault({{action::popped, fifo_history::tagged(3, 9), 4, 5}}),
            "value 9 of producer 3 was invented (from 4 to 5)");
  EXPECT_EQ(fault({{action::popped, 1, 0, 1}, {action::pushed, 1, 2, 3}}),
            "value 1 of producer 0 came out before it went in (from 0 to 1)");
}

TEST(fifo_history, finds_values_that_overtake_others) {
  const history swapped{{action::pushed, 1, 0, 1},
                        {action::pushed, 2, 2, 3},
                        {action::popped, 2, 4, 5},
                        {action::popped, 1, 6, 7}};
  EXPECT_EQ(fault(swapped), "value 2 of producer 0 overtook value 1 of producer 0");
  const history left_behind{{action::pushed, 1, 0, 1}, {action::pushed, 2, 2, 3}, {action::popped, 2, 4, 5}};
  EXPECT_EQ(fault(left_behind, 10, false), "value 2 of producer 0 overtook value 1 of producer 0");
}

TEST(fifo_history, finds_a_full_that_was_not_true) {
  const history one_of_two{{action::pushed, 1, 0, 1}, {action::found_full, 0, 2, 3}, {action::popped, 1, 4, 5}};
  EXPECT_EQ(fault(one_of_two, 2), "full, and was not (from 2 to 3)");
  EXPECT_EQ(fault(one_of_two, 1), "none");
  const history long_gone{{action::pushed, 1, 0, 1}, {action::popped, 1, 2, 3}, {action::found_full, 0, 4, 5}};
  EXPECT_EQ(fault(long_gone, 1), "full, and was not (from 4 to 5)");
  const history briefly{{action::found_full, 0, 0, 9}, {action::pushed, 1, 2, 3}, {action::popped, 1, 4, 5}};
  EXPECT_EQ(fault(briefly, 1), "none");
}

TEST(fifo_history, finds_an_empty_that_was_not_true) {
  const history in_there{{action::pushed, 1, 0, 1}, {action::found_empty, 0, 2, 3}, {action::popped, 1, 4, 5}};
  EXPECT_EQ(fault(in_there), "empty, and was not (from 2 to 3)");
  const history overlaps_the_push{
      {action::pushed, 1, 0, 2}, {action::found_empty, 0, 2, 3}, {action::popped, 1, 4, 5}};
  EXPECT_EQ(fault(overlaps_the_push), "none");
  const history overlaps_the_pop{
      {action::pushed, 1, 0, 1}, {action::found_empty, 0, 2, 4}, {action::popped, 1, 4, 5}};
  EXPECT_EQ(fault(overlaps_the_pop), "none");
  // One value or the other is there all the time, although each is missing for a while.
  const history relay{{action::pushed, 1, 0, 1},
                      {action::found_empty, 0, 3, 9},
                      {action::pushed, 2, 4, 5},
                      {action::popped, 1, 7, 8},
                      {action::popped, 2, 10, 11}};
  EXPECT_EQ(fault(relay), "empty, and was not (from 3 to 9)");
}

TEST(fifo_history, finds_closes_that_do_not_hold) {
  const operation close{action::closed, 0, 10, 11};
  EXPECT_EQ(fault({close, {action::pushed, 1, 12, 13}, {action::popped, 1, 14, 15}}),
            "value 1 of producer 0 went into a closed queue");
  EXPECT_EQ(fault({close, {action::pushed, 1, 11, 13}, {action::popped, 1, 14, 15}}), "none");
  EXPECT_EQ(fault({close, {action::push_closed, 0, 8, 9}}),
            "a push said closed before anybody closed (from 8 to 9)");
  EXPECT_EQ(fault({close, {action::pop_closed, 0, 8, 9}}),
            "a pop said closed before anybody closed (from 8 to 9)");
  EXPECT_EQ(
      fault({close, {action::pushed, 1, 0, 1}, {action::pop_closed, 0, 12, 13}, {action::popped, 1, 14, 15}}),
      "a pop said closed and drained, and there was more (from 12 to 13)");
}

TEST(fifo_history, finds_a_producer_whose_values_reach_one_consumer_out_of_order) {
  const auto popped = [](std::uint64_t producer, std::uint64_t sequence) {
    return operation{action::popped, fifo_history::tagged(producer, sequence), 0, 1};
  };
  EXPECT_EQ(fifo_history::find_disorder({popped(1, 0), popped(2, 0), popped(1, 2), popped(2, 1)}),
            std::nullopt);
  EXPECT_EQ(fifo_history::find_disorder({popped(1, 2), popped(2, 0), popped(1, 1)}),
            "value 1 of producer 1 came after value 2 of producer 1");
}

// A history of a real queue: one thing after the other, the times then widened at random, so that they overlap.
history made_up(std::uint32_t seed, std::size_t capacity) {
  std::minstd_rand random(seed);
  std::deque<std::uint64_t> queue;
  std::uint64_t next = 0;
  history result;
  for (time moment = 0; moment < 4000 || !queue.empty(); moment += 10) {
    operation o{action::popped, 0, moment - static_cast<time>(random() % 40),
                moment + static_cast<time>(random() % 40)};
    if (moment < 4000 && random() % 2 == 0) {
      o.what = queue.size() == capacity ? action::found_full : action::pushed;
      o.value = next;
      if (o.what == action::pushed) queue.push_back(next++);
    } else if (queue.empty()) {
      o.what = action::found_empty;
    } else {
      o.value = queue.front();
      queue.pop_front();
    }
    result.push_back(o);
  }
  return result;
}

TEST(fifo_history, accepts_what_a_queue_can_have_done) {
  for (std::uint32_t seed = 1; seed != 101; ++seed)
    for (const std::size_t capacity : {1U, 2U, 5U})
      ASSERT_EQ(fault(made_up(seed, capacity), capacity), "none") << seed;
}

// Each kind of damage, at a random place, to histories whose operations do not overlap.
TEST(fifo_history, finds_each_kind_of_damage_wherever_it_is) {
  for (std::uint32_t seed = 1; seed != 101; ++seed) {
    history sound = made_up(seed, 5);
    time moment = 0;
    for (operation& o : sound) {
      o.began = moment += 2;
      o.ended = moment += 2;
    }
    ASSERT_EQ(fault(sound, 5), "none");
    std::vector<std::size_t> pops;
    for (std::size_t i = 0; i != sound.size(); ++i)
      if (sound[i].what == action::popped) pops.push_back(i);
    std::minstd_rand random(seed);
    const std::size_t chosen = random() % (pops.size() - 1);
    operation& here = sound[pops[chosen]];
    operation& next = sound[pops[chosen + 1]];

    history lost = sound;
    lost.erase(lost.begin() + static_cast<std::ptrdiff_t>(pops[chosen]));
    EXPECT_NE(fault(lost, 5), "none") << seed;
    std::swap(here.value, next.value);
    EXPECT_NE(fault(sound, 5), "none") << seed;
    std::swap(here.value, next.value);
    const std::uint64_t value = std::exchange(here.value, next.value);
    EXPECT_NE(fault(sound, 5), "none") << seed;
    here.value = value;
    here.what = action::found_empty;
    EXPECT_NE(fault(sound, 5), "none") << seed;
  }
}

}  // namespace
