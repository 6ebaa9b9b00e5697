// SPDX-License-Identifier: MIT
// What lock_order writes, and what it makes of what another run has written.
#include <array>
#include <cstddef>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>

#include "support/lock_order_reports.hpp"

namespace {

using namespace reports_of_lock_order;

TEST_F(lock_order, json_and_graphviz_have_the_classes_and_what_closes_a_cycle) {
  mutex first("first \"of two\""), second("second\n");
  nest_by("one", first, second);
  nest_by("two", second, first);
  EXPECT_EQ(reports().size(), 1u);
  const std::string json = plait::lock_order::to_json();
  const auto number_of = [&](const std::string& name) {
    const std::size_t end = json.find(",\"is_named\":true,\"has_one_lock\":true,\"name\":" + name + "}");
    const std::size_t begin = json.rfind(':', end - 1) + 1;
    return json.substr(begin, end - begin);
  };
  const std::string a = number_of(R"("first \"of two\"")"), b = number_of(R"("second\u000a")");
  const auto json_edge = [&](const std::string& from, const std::string& to, const char* closes) {
    return json.find("{\"from\":" + from + ",\"to\":" + to + ",\"closes_a_cycle\":" + closes) !=
           std::string::npos;
  };
  EXPECT_TRUE(json_edge(a, b, "false")) << json;
  EXPECT_TRUE(json_edge(b, a, "true")) << json;
  EXPECT_TRUE(std::regex_search(
      json, std::regex(R"("thread":"one","thread_number":[0-9]+,"gates":\[\],"stack":\["#0 )")))
      << json;
  const std::string dot = plait::lock_order::to_dot();
  EXPECT_NE(dot.find("  " + a + " -> " + b + ";\n"), std::string::npos) << dot;
  EXPECT_NE(dot.find("  " + b + " -> " + a + " [color=red];\n"), std::string::npos) << dot;
}

// What a child of fork() has seen when it has called act(), as JSON.
template <class Act>
std::string seen_in_another_run(Act act) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    act();
    const std::string all = plait::lock_order::to_json();
    const bool is_written = write(ends[1], all.data(), all.size()) == static_cast<ssize_t>(all.size());
    _exit(is_written ? 0 : 1);
  }
  close(ends[1]);
  std::string all;
  std::array<char, 4096> part{};
  for (ssize_t count = 0; (count = read(ends[0], part.data(), part.size())) > 0;)
    all.append(part.data(), static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return all;
}

TEST_F(lock_order, orders_of_two_runs_that_contradict_each_other_are_reported_when_they_are_merged) {
  mutex first("first of two runs"), second("second of two runs");
  const std::string other = seen_in_another_run([&] { nest(second, first); });
  nest_by("task of this run", first, second);
  plait::lock_order::merge_json(other);
  const lock_order_report found = only();
  EXPECT_EQ(found.problem, lock_problem::inversion);
  EXPECT_EQ(found.certainty, lock_certainty::possible) << "two runs are two threads";
  ASSERT_EQ(found.steps.size(), 2u);
  const auto& theirs = found.steps[found.steps[0].held == "second of two runs" ? 0 : 1];
  EXPECT_EQ(theirs.wanted, "first of two runs");
  EXPECT_FALSE(theirs.stack.empty());
  EXPECT_FALSE(found.steps[0].is_now || found.steps[1].is_now) << found.text();
  plait::lock_order::merge_json(other);
  expect_none();
}

TEST_F(lock_order, what_another_run_has_done_counts_for_what_this_one_does_later) {
  mutex first("first, later"), between("between, later"), last("last, later");
  plait::lock_order::merge_json(seen_in_another_run([&] {
    nest(first, between);
    nest(between, last);
  }));
  expect_none();
  nest_by("one", first, last);
  expect_none();
  nest_by("two", last, first);
  const lock_order_report found = only();
  EXPECT_EQ(found.steps.size(), 2u);
  EXPECT_TRUE(found.steps[0].is_now);
}

std::string a_run(const std::string& gate_has_one_lock) {
  return R"({"schema_version": 1, "classes": [
    {"number":1,"is_named":true,"has_one_lock":)" +
         gate_has_one_lock + R"(,"name":"gate of the run"},
    {"number":2,"is_named":true,"has_one_lock":true,"name":"\"a\" of the run\u000a"},
    {"number":9,"is_named":false,"has_one_lock":true,"name":"unnamed lock 9"}],
   "edges": [
    {"from":2,"to":9,"closes_a_cycle":false,"many_threads":false,"thread":"one","thread_number":1,
     "gates":[1, 77],"stack":["#0 f"]},
    {"from":9,"to":2,"closes_a_cycle":true,"many_threads":false,"thread":"two","thread_number":2,
     "gates":[1],"stack":[]}]} )";
}

TEST_F(lock_order, a_gate_of_another_run_keeps_its_threads_apart) {
  plait::lock_order::merge_json(a_run("true"));
  expect_none();
  plait::lock_order::merge_json(a_run("false"));
  const auto found = reports();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].certainty, lock_certainty::possible);
  EXPECT_NE(found[0].text().find("'unnamed lock 9 of another run'"), std::string::npos) << found[0].text();
  EXPECT_NE(found[0].text().find("#0 f"), std::string::npos) << found[0].text();
}

TEST_F(lock_order, what_is_no_graph_is_refused_with_a_reason_and_adds_nothing) {
  const std::string before = plait::lock_order::to_json();
  const auto refused_because = [](const std::string& text) -> std::string {
    try {
      plait::lock_order::merge_json(text);
      return "nothing";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refused_because(""), "at byte 0 of the text: a value was expected");
  EXPECT_EQ(refused_because("[1"), "at byte 2 of the text: ']' was expected");
  EXPECT_EQ(refused_because("{}"), "no \"schema_version\"");
  EXPECT_EQ(refused_because("[]"), "a list instead of an object");
  EXPECT_EQ(refused_because(R"({"schema_version":2})"), "\"schema_version\" is not 1");
  EXPECT_EQ(refused_because(R"({"schema_version":"1"})"), "a string instead of a number");
  EXPECT_EQ(refused_because(R"({"schema_version":18446744073709551616})"),
            "at byte 37 of the text: a number below 2^64 was expected");
  EXPECT_EQ(refused_because(R"({"schema_version":1,"classes":[],"edges":[{"from":3,"to":4}]})"),
            "no class has the number 3");
  EXPECT_EQ(refused_because(std::string(100, '[')),
            "at byte 17 of the text: no list within so many others was expected");
  EXPECT_EQ(refused_because(a_run("true") + "x").substr(0, 7), "at byte");
  EXPECT_EQ(plait::lock_order::to_json(), before);
}

}  // namespace
