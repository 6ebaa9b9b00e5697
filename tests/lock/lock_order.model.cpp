// SPDX-License-Identifier: MIT
// Threads that take checked locks in every schedule: whatever would hang is reported instead, and what is in
// order is not. There are no mutants: what threads share of the checks is guarded by locks, and no memory order
// is named but relaxed.
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>

#include <verify/scenario.hpp>
#include <verify/shared_mutex.hpp>

#include "support/model.hpp"

namespace {

using plait::checked;
using plait::lock_certainty;
using plait::lock_order_mode;
using plait::lock_order_report;
using plait::lock_problem;
using verify::check;
namespace lock_order = plait::lock_order;
namespace sync = plait::detail::sync;
using mutex = checked<sync::mutex>;
using shared_mutex = checked<verify::shared_mutex>;

// Takes one under the other, unless that is refused. Returns whether it was.
bool is_refused(mutex& outer, mutex& inner) {
  const std::lock_guard held(outer);
  try {
    const std::lock_guard also(inner);
    return false;
  } catch (const plait::lock_order_error&) {
    return true;
  }
}

// Hangs if one was left locked.
void take_each(mutex& one, mutex& another) {
  one.lock();
  one.unlock();
  another.lock();
  another.unlock();
}

struct hang {};

// Has nothing reported but what hangs for certain, and that is thrown, so that the execution goes on.
void report_hangs_alone(int& hangs) {
  lock_order::on_report([&hangs](const lock_order_report& each) {
    if (each.certainty != lock_certainty::certain) return;
    check(each.problem == lock_problem::deadlock, "nobody locks again what he holds");
    ++hangs;
    throw hang();
  });
}

void nest_unless_it_hangs(mutex& outer, mutex& inner) {
  const std::lock_guard held(outer);
  try {
    const std::lock_guard also(inner);
  } catch (const hang&) {  // NOLINT(bugprone-empty-catch): it may hang
  }
}

void read_and_write_unless_it_hangs(shared_mutex& reads, shared_mutex& writes) {
  const std::shared_lock held(reads);
  try {
    const std::lock_guard also(writes);
  } catch (const hang&) {  // NOLINT(bugprone-empty-catch): it may hang
  }
}

const verify::scenario scenarios[] = {
    {"two_threads_in_one_order_are_not_reported",
     [] {
       lock_order::set_mode(lock_order_mode::throw_error);
       mutex a, b;
       const auto nest = [&] { check(!is_refused(a, b)); };
       verify::threads(nest, nest);
       check(lock_order::reports() == 0);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"of_two_threads_in_opposite_orders_the_second_is_refused_before_it_waits",
     [] {
       lock_order::set_mode(lock_order_mode::throw_error);
       mutex a, b;
       bool refused_ab = false, refused_ba = false;
       verify::threads([&] { refused_ab = is_refused(a, b); }, [&] { refused_ba = is_refused(b, a); });
       check(refused_ab != refused_ba, "one of the two orders is the first");
       check(lock_order::reports() == 1);
       take_each(a, b);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"of_three_threads_in_a_circle_one_is_refused",
     [] {
       lock_order::set_mode(lock_order_mode::throw_error);
       mutex a, b, c;
       int refused[3] = {};
       verify::threads([&] { refused[0] = is_refused(a, b); }, [&] { refused[1] = is_refused(b, c); },
                       [&] { refused[2] = is_refused(c, a); });
       check(refused[0] + refused[1] + refused[2] == 1, "without one of them, there is no circle");
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"named_locks_that_are_used_for_the_first_time_at_once_are_one_class",
     [] {
       lock_order::set_mode(lock_order_mode::throw_error);
       mutex one("class"), another("class"), other("other");
       bool refused_one = false, refused_another = false;
       verify::threads([&] { refused_one = is_refused(one, other); },
                       [&] { refused_another = is_refused(other, another); });
       check(refused_one != refused_another);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"two_threads_that_wait_for_each_other_are_told_so_by_one_of_them",
     [] {
       int hangs = 0;
       report_hangs_alone(hangs);
       mutex a, b;
       verify::threads([&] { nest_unless_it_hangs(a, b); }, [&] { nest_unless_it_hangs(b, a); });
       check(hangs <= 1);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"three_threads_that_wait_in_a_circle_are_told_so_by_one_of_them",
     [] {
       int hangs = 0;
       report_hangs_alone(hangs);
       mutex a, b, c;
       verify::threads([&] { nest_unless_it_hangs(a, b); }, [&] { nest_unless_it_hangs(b, c); },
                       [&] { nest_unless_it_hangs(c, a); });
       check(hangs <= 1);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"two_readers_that_each_want_to_write_what_the_other_one_reads_are_told_so_by_one_of_them",
     [] {
       int hangs = 0;
       report_hangs_alone(hangs);
       shared_mutex a, b;
       verify::threads([&] { read_and_write_unless_it_hangs(a, b); },
                       [&] { read_and_write_unless_it_hangs(b, a); });
       check(hangs <= 1);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"a_writer_hangs_on_the_one_of_two_readers_that_waits_for_it",
     [] {
       int hangs = 0;
       report_hangs_alone(hangs);
       shared_mutex a, b;
       verify::threads([&] { read_and_write_unless_it_hangs(a, b); },
                       [&] { read_and_write_unless_it_hangs(b, a); }, [&] { const std::shared_lock reads(a); });
       check(hangs <= 1);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"threads_that_wait_for_one_that_goes_on_are_not_told_that_they_hang",
     [] {
       int hangs = 0;
       report_hangs_alone(hangs);
       mutex a, b;
       const auto nest = [&] { nest_unless_it_hangs(a, b); };
       verify::threads(nest, nest, [&] { const std::lock_guard held(b); });
       check(hangs == 0);
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},

    {"a_lock_that_goes_leaves_no_order_behind",
     [] {
       lock_order::set_mode(lock_order_mode::throw_error);
       mutex a, b;
       const auto connect = [&] {
         mutex between;
         check(!is_refused(a, between) && !is_refused(between, b));
       };
       verify::threads(connect, connect);
       verify::threads([&] { check(!is_refused(b, a)); });
     },
     {.depth_first = 15'000, .priorities = 500, .random = 500}},
};

class lock_order_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(lock_order_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, lock_order_model, testing::ValuesIn(scenarios), model::name_of);

TEST(lock_order_allocations, without_memory_a_lock_is_not_taken_or_not_checked) {
  const verify::report found = verify::fail_allocations(
      [] {
        mutex a, b("named");
        const auto nest = [&] {
          for (int times = 0; times != 2;) {
            try {
              const std::lock_guard outer(a);
              const std::lock_guard inner(b);
              ++times;
            } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): tried again
            }
          }
        };
        verify::threads(nest, nest);
        check(lock_order::reports() == 0);
        take_each(a, b);
      },
      {.depth_first = 100, .priorities = 10, .random = 10});
  model::figures::add("fail_allocations", found, found.passed());
  EXPECT_TRUE(found) << found;
}

}  // namespace
