// SPDX-License-Identifier: MIT
// What becomes of what was seen: when other ways lead back, when locks come and go, and when the mode changes.
#include <memory>
#include <mutex>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>

#include "support/lock_order_reports.hpp"

namespace {

using namespace reports_of_lock_order;

// -- several ways back --

TEST_F(lock_order, a_short_way_of_one_thread_does_not_hide_a_longer_one_of_many) {
  mutex a("a of ways"), b("b of ways"), x("x of ways");
  by_thread("alone", [&] {
    nest(a, b);
    nest(b, a);
  });
  nest_by("2", a, x);
  expect_none();
  nest_by("3", x, b);
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::inversion);
  EXPECT_EQ(found.certainty, lock_certainty::possible);
  EXPECT_EQ(found.steps.size(), 3u);
}

TEST_F(lock_order, a_short_way_behind_a_gate_does_not_hide_a_longer_one_without) {
  mutex gate, a, b, x;
  nest_by("one", gate, a, b);
  nest_by("two", gate, b, a);
  nest_by("three", a, x);
  expect_none();
  nest_by("four", x, b);
  const lock_order_report found = only();
  EXPECT_EQ(found.certainty, lock_certainty::possible);
  EXPECT_EQ(found.steps.size(), 3u);
}

TEST_F(lock_order, a_place_that_one_thread_reaches_sooner_is_reached_again_by_many) {
  mutex a, b, x, y;
  by_thread("alone", [&] {
    nest(a, x);
    nest(x, b);
    nest(b, a);
  });
  nest_by("2", a, y);
  expect_none();
  nest_by("3", y, x);
  EXPECT_EQ(only().steps.size(), 4u) << "from a over y to x, where the way of the one thread passes, too";
}

// -- locks that go --

TEST_F(lock_order, an_order_whose_contradiction_has_gone_counts_again_and_may_be_contradicted_again) {
  mutex first("first to outlive"), second("second to outlive");
  {
    mutex between;
    nest_by("one", first, between);
    nest_by("two", between, second);
    nest_by("three", second, first);
    EXPECT_EQ(only().steps.size(), 3u);
  }
  nest_by("four", first, second);
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::inversion);
  ASSERT_EQ(found.steps.size(), 2u);
  EXPECT_EQ(found.steps[0].thread, "four");
  EXPECT_EQ(found.steps[1].thread, "three");
}

TEST_F(lock_order, two_orders_whose_contradictions_have_gone_may_contradict_each_other) {
  mutex x, y, z, w;
  {
    mutex one, another;
    nest_by("1", y, one);
    nest_by("2", one, x);
    nest_by("3", x, y);
    EXPECT_EQ(reports().size(), 1u);
    nest_by("4", w, another);
    nest_by("5", another, z);
    nest_by("6", z, w);
    EXPECT_EQ(reports().size(), 1u);
  }
  nest_by("7", y, z);
  expect_none();
  nest_by("8", w, x);
  EXPECT_EQ(only().steps.size(), 4u);
}

TEST_F(lock_order, what_still_contradicts_itself_when_another_lock_goes_is_not_reported_again) {
  mutex first, second;
  auto bystander = std::make_unique<mutex>();
  nest_by("one", first, second);
  nest_by("two", second, first);
  EXPECT_EQ(reports().size(), 1u);
  nest_by("three", first, *bystander, second);
  bystander.reset();
  mutex other;
  nest_by("four", second, other);
  expect_none();
}

// -- classes that get more locks --

TEST_F(lock_order, a_gate_keeps_nobody_apart_any_more_when_its_class_gets_a_second_lock) {
  mutex gate("gate that gets company"), a, b;
  nest_by("one", gate, a, b);
  nest_by("two", gate, b, a);
  expect_none();
  mutex other_gate("gate that gets company");
  nest_by("three", other_gate);
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::inversion);
  EXPECT_EQ(found.certainty, lock_certainty::possible);
  mutex third_gate("gate that gets company");
  nest_by("four", third_gate, a, b);
  expect_none();
}

TEST_F(lock_order, who_makes_a_gate_one_of_many_is_refused_it_if_errors_are_thrown) {
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  mutex gate("gate that throws"), a, b;
  nest_by("one", gate, a, b);
  nest_by("two", gate, b, a);
  mutex other_gate("gate that throws");
  ASSERT_THROW(other_gate.lock(), plait::lock_order_error);
  nest(other_gate);
}

// -- modes --

TEST_F(lock_order, what_was_only_logged_is_refused_once_errors_are_thrown) {
  mutex first("logged first"), second("logged second");
  nest_by("one", first, second);
  const std::lock_guard guard(second);
  nest(first);
  EXPECT_EQ(reports().size(), 1u);
  plait::lock_order::set_mode(lock_order_mode::throw_error);
  EXPECT_THROW(first.lock(), plait::lock_order_error);
}

}  // namespace
