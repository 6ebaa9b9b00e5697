// SPDX-License-Identifier: MIT
#include <thread>

#include <gtest/gtest.h>

#include <plait/detail/wait/waiting_habit.hpp>

namespace {

using plait::detail::waiting_habit;
using plait::detail::waiting_habits;
using enum waiting_habit::way;

// A wait that is over while the thread is awake, if it stays awake at all. Returns how it began.
waiting_habit::way short_wait(waiting_habit& habit, bool more) {
  const waiting_habit::way way = habit.begin();
  habit.learn(more);
  return way;
}

// A wait that outlasts every look.
waiting_habit::way long_wait(waiting_habit& habit, bool more, bool has_yielded = true) {
  const waiting_habit::way way = habit.begin();
  if (way != asleep) habit.has_to_sleep(has_yielded);
  habit.learn(more);
  return way;
}

TEST(waiting_habit, begins_seldom) {
  waiting_habit habit;
  EXPECT_EQ(habit.begin(), seldom);
}

TEST(waiting_habit, a_stream_is_looked_at_seldom) {
  waiting_habit habit;
  short_wait(habit, true);
  for (int i = 0; i != 1000; ++i) EXPECT_EQ(short_wait(habit, true), seldom);
}

TEST(waiting_habit, a_stream_that_one_has_slept_for_is_one_too) {
  waiting_habit habit;
  long_wait(habit, true);
  EXPECT_EQ(habit.begin(), seldom);
}

TEST(waiting_habit, a_single_answer_is_looked_for_soon) {
  waiting_habit habit;
  short_wait(habit, false);
  EXPECT_EQ(habit.begin(), soon);
}

TEST(waiting_habit, coarse_work_is_slept_for_at_once) {
  waiting_habit habit;
  long_wait(habit, false);
  EXPECT_EQ(habit.begin(), asleep);
}

TEST(waiting_habit, a_single_thing_found_asleep_does_not_show_that_staying_awake_pays) {
  waiting_habit habit;
  long_wait(habit, false);
  EXPECT_EQ(short_wait(habit, false), asleep);
  EXPECT_EQ(habit.begin(), asleep);
}

TEST(waiting_habit, a_stream_is_noticed_asleep) {
  waiting_habit habit;
  long_wait(habit, false);
  short_wait(habit, true);
  EXPECT_EQ(habit.begin(), seldom);
}

TEST(waiting_habit, a_stream_that_one_has_looked_for_in_vain_without_a_yield_is_slept_for_at_once) {
  waiting_habit habit;
  for (unsigned i = 0; i != waiting_habit::streams_slept_for; ++i)
    EXPECT_EQ(long_wait(habit, true, false), seldom);
  for (unsigned i = 1; i != waiting_habit::first_waits_per_trial_asleep; ++i)
    EXPECT_EQ(long_wait(habit, true, false), asleep) << i;
  EXPECT_EQ(long_wait(habit, true, false), seldom);
  EXPECT_EQ(habit.begin(), asleep);
}

TEST(waiting_habit, a_stream_that_is_found_awake_again_is_not_slept_for_any_more) {
  waiting_habit habit;
  for (unsigned i = 0; i != waiting_habit::streams_slept_for; ++i) long_wait(habit, true, false);
  for (unsigned i = 1; i != waiting_habit::first_waits_per_trial_asleep; ++i) short_wait(habit, true);
  EXPECT_EQ(short_wait(habit, true), seldom);  // the trial
  EXPECT_EQ(short_wait(habit, true), seldom);
}

TEST(waiting_habit, a_stream_that_was_found_awake_between_is_not_slept_for) {
  waiting_habit habit;
  for (int i = 0; i != 100; ++i) {
    for (unsigned vain = 1; vain != waiting_habit::streams_slept_for; ++vain)
      ASSERT_EQ(long_wait(habit, true, false), seldom);
    ASSERT_EQ(short_wait(habit, true), seldom);
  }
}

TEST(waiting_habit, a_stream_for_which_the_thread_yields_is_not_slept_for) {
  waiting_habit habit;
  for (int i = 0; i != 100; ++i) ASSERT_EQ(long_wait(habit, true), seldom);
}

TEST(waiting_habit, looking_soon_is_tried_against_looking_seldom_in_every_256th_wait) {
  waiting_habit habit;
  short_wait(habit, false);
  for (int trial = 0; trial != 3; ++trial) {
    for (unsigned i = 1; i != waiting_habit::waits_per_trial_soon; ++i)
      ASSERT_EQ(short_wait(habit, false), soon) << i;
    ASSERT_EQ(short_wait(habit, false), seldom);
  }
}

TEST(waiting_habit, a_stream_that_was_taken_for_single_answers_is_noticed_in_the_trial) {
  waiting_habit habit;
  short_wait(habit, false);
  for (unsigned i = 1; i != waiting_habit::waits_per_trial_soon; ++i) short_wait(habit, false);
  EXPECT_EQ(short_wait(habit, true), seldom);
  EXPECT_EQ(short_wait(habit, true), seldom);
}

TEST(waiting_habit, sleeping_at_once_is_tried_against_staying_awake_ever_more_seldom) {
  waiting_habit habit;
  long_wait(habit, false);
  for (const unsigned gap : {4U, 8U, 16U, 32U, 64U, 128U, 256U, 512U, 1024U, 1024U}) {
    for (unsigned i = 1; i != gap; ++i) ASSERT_EQ(long_wait(habit, false), asleep) << i << " of " << gap;
    ASSERT_EQ(long_wait(habit, false), seldom) << gap;
  }
}

TEST(waiting_habit, a_trial_that_is_over_awake_ends_sleeping_at_once) {
  waiting_habit habit;
  long_wait(habit, false);
  for (unsigned i = 1; i != waiting_habit::first_waits_per_trial_asleep; ++i) long_wait(habit, false);
  EXPECT_EQ(short_wait(habit, false), seldom);
  EXPECT_EQ(habit.begin(), soon);
}

TEST(waiting_habit, a_trial_from_which_nothing_was_learnt_is_made_again) {
  waiting_habit habit;
  long_wait(habit, false);
  for (unsigned i = 1; i != waiting_habit::first_waits_per_trial_asleep; ++i) long_wait(habit, false);
  EXPECT_EQ(habit.begin(), seldom);  // and something was thrown
  EXPECT_EQ(habit.begin(), seldom);
}

TEST(waiting_habits, are_kept_for_each_event_count) {
  waiting_habits habits;
  const int one = 0;
  const int other = 0;
  short_wait(habits.at(&one), false);
  long_wait(habits.at(&other), false);
  EXPECT_EQ(habits.at(&one).begin(), soon);
  EXPECT_EQ(habits.at(&other).begin(), asleep);
}

TEST(waiting_habits, are_forgotten_after_four_others) {
  waiting_habits habits;
  const int five[5]{};
  long_wait(habits.at(&five[0]), false);
  for (int i = 1; i != 4; ++i) habits.at(&five[i]);
  EXPECT_EQ(habits.at(&five[0]).begin(), asleep) << "three others";
  habits.at(&five[4]);
  EXPECT_EQ(habits.at(&five[0]).begin(), seldom);
}

TEST(waiting_habits, are_each_threads_own) {
  const int event_count = 0;
  long_wait(waiting_habit::at(&event_count), false);
  std::thread([&] { EXPECT_EQ(waiting_habit::at(&event_count).begin(), seldom); }).join();
  EXPECT_EQ(waiting_habit::at(&event_count).begin(), asleep);
}

}  // namespace
