// SPDX-License-Identifier: MIT
// Well-known mistakes, most of them published or shipped. Each is a small program, with the mistake, which the
// checker must find, and without it, where it must find nothing. Written with the names of std:: alone, and
// searched with the options that a user has who sets none.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <verify/verify.hpp>

#include "support/figures.hpp"
#include "verify/known_bugs/locks.hpp"
#include "verify/known_bugs/publishing.hpp"
#include "verify/known_bugs/reclamation.hpp"
#include "verify/known_bugs/sleeping.hpp"
#include "verify/known_bugs/structures.hpp"

namespace {

using namespace mistakes;

struct known_bug {
  std::string name;
  void (*without)();
  void (*with)();
};

void PrintTo(const known_bug& each, std::ostream* out) {
  *out << each.name;
}

constexpr deque_orders good_deque{};

const known_bug bugs[] = {
    {"peterson_by_acquire_and_release", guards_a_sum<peterson_lock<right>>, guards_a_sum<peterson_lock<wrong>>},
    {"dekker_by_acquire_and_release", dekker<right>, dekker<wrong>},
    {"bakery_without_choosing", guards_a_sum<bakery_lock<right>>, guards_a_sum<bakery_lock<wrong>>},
    {"lock_tested_then_set", guards_a_sum<test_and_set_lock<right>>, guards_a_sum<test_and_set_lock<wrong>>},
    {"ticket_drawn_in_two_steps", guards_a_sum<ticket_lock<right, right>>,
     guards_a_sum<ticket_lock<wrong, right>>},
    {"ticket_handed_over_relaxed", guards_a_sum<ticket_lock<right, right>>,
     guards_a_sum<ticket_lock<right, wrong>>},
    {"mcs_unlock_forgets_a_successor", guards_a_sum<mcs_lock<right, right>>,
     guards_a_sum<mcs_lock<wrong, right>>},
    {"mcs_handed_over_relaxed", guards_a_sum<mcs_lock<right, right>>, guards_a_sum<mcs_lock<right, wrong>>},
    {"futex_mutex_forgets_other_sleepers", three_lock_a_futex_mutex<right>, three_lock_a_futex_mutex<wrong>},
    {"futex_mutex_wakes_before_it_unlocks", guards_a_sum<futex_mutex<right, right>>,
     guards_a_sum<futex_mutex<right, wrong>>},
    {"deadlock_of_two_locks", two_locks_in_two_orders<right>, two_locks_in_two_orders<wrong>},
    {"readers_and_a_writer_miss_each_other", readers_and_a_writer<right>, readers_and_a_writer<wrong>},
    {"deadlock_of_two_upgrades", two_readers_upgrade<right>, two_readers_upgrade<wrong>},
    {"double_checked_locking_loads_relaxed", double_checked_locking<acquire, release>,
     double_checked_locking<relaxed, release>},
    {"double_checked_locking_stores_relaxed", double_checked_locking<acquire, release>,
     double_checked_locking<acquire, relaxed>},
    {"once_done_before_it_is", call_once<right>, call_once<wrong>},
    {"sequence_lock_without_reader_fence", sequence_lock<right, right>, sequence_lock<wrong, right>},
    {"sequence_lock_without_writer_fence", sequence_lock<right, right>, sequence_lock<right, wrong>},
    {"sequence_lock_read_while_written", sequence_lock_odd<right>, sequence_lock_odd<wrong>},
    {"chase_lev_take_without_fence", chase_lev<good_deque>, chase_lev<deque_orders{.take_fence = acq_rel}>},
    {"chase_lev_steal_without_fence", chase_lev<good_deque>, chase_lev<deque_orders{.steal_fence = acq_rel}>},
    {"chase_lev_push_without_fence", chase_lev<good_deque>, chase_lev<deque_orders{.push_fence = relaxed}>},
    {"chase_lev_steal_without_exchange", chase_lev<good_deque>,
     chase_lev<deque_orders{.steals_by_exchange = false}>},
    {"treiber_aba", treiber_stack<right>, treiber_stack<wrong>},
    {"michael_scott_aba", michael_scott_queue<right>, michael_scott_queue<wrong>},
    {"address_used_again", replaced_if_unchanged<right>, replaced_if_unchanged<wrong>},
    {"full_ring_looks_empty", ring_of_two<right>, ring_of_two<wrong>},
    {"counter_in_two_steps", counter<right>, counter<wrong>},
    {"hazard_pointer_not_looked_at_again", hazard_pointer<right, right>, hazard_pointer<wrong, right>},
    {"hazard_pointer_by_acquire_and_release", hazard_pointer<right, right>, hazard_pointer<right, wrong>},
    {"epoch_announced_without_fence", epochs<right>, epochs<wrong>},
    {"freed_without_a_grace_period", read_copy_update<right>, read_copy_update<wrong>},
    {"reference_count_down_relaxed", reference_count<acq_rel>, reference_count<relaxed>},
    {"reference_count_down_without_acquire", reference_count<acq_rel>, reference_count<release>},
    {"weak_reference_brings_back_the_dead", weak_reference<right>, weak_reference<wrong>},
    {"semaphore_used_after_its_wake_up", semaphore_that_is_destroyed<right>,
     semaphore_that_is_destroyed<wrong>},
    {"event_count_announced_too_late", event_count<right, right>, event_count<wrong, right>},
    {"event_count_relaxed", event_count<right, right>, event_count<right, wrong>},
    {"condition_variable_loses_a_signal", condition_variable_of_a_sequence<right>,
     condition_variable_of_a_sequence<wrong>},
    {"signal_without_the_lock", signal_without_the_lock<right>, signal_without_the_lock<wrong>},
    {"wake_up_for_no_reason", wake_up_for_no_reason<right>, wake_up_for_no_reason<wrong>},
    {"stop_flag_wakes_nobody", stop_flag<right>, stop_flag<wrong>},
    {"one_of_two_kinds_is_woken", wakes_one_of_two_kinds<right>, wakes_one_of_two_kinds<wrong>},
    {"barrier_used_again", barrier<right, acq_rel>, barrier<wrong, acq_rel>},
    {"barrier_relaxed", barrier<right, acq_rel>, barrier<right, relaxed>},
};

class known_bugs : public testing::TestWithParam<known_bug> {};

TEST_P(known_bugs, are_found) {
  const verify::report found = verify::explore(GetParam().with);
  model::figures::add("known_bug", found, !found.passed(), GetParam().name);
  EXPECT_FALSE(found);
  if (!found) std::cout << "             " << found.failure << '\n';
}

TEST_P(known_bugs, are_not_found_where_there_are_none) {
  const verify::report found = verify::explore(GetParam().without);
  model::figures::add("known_bug_mended", found, found.passed(), GetParam().name);
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(found.complete) << found;
}

// From the start of a search to its report, with the trace.
TEST(known_bugs_at_once, are_found_by_default) {
  std::vector<double> seconds;
  for (const known_bug& each : bugs) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(verify::explore(each.with)) << each.name;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(seconds);
  const double median = seconds[seconds.size() / 2];
  std::cout << "time to the first failure of " << seconds.size() << " known bugs: median " << median * 1e3
            << " ms, longest " << seconds.back() * 1e3 << " ms\n";
  EXPECT_LT(median, 0.1);
}

INSTANTIATE_TEST_SUITE_P(literature, known_bugs, testing::ValuesIn(bugs),
                         [](const auto& test) { return test.param.name; });

}  // namespace
