// SPDX-License-Identifier: MIT
// What `plait stress --export` writes can be read, as verify/README.md describes it, and judged again.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plait/conqueue_status.hpp>

#include <verify/history/container_history.hpp>
#include <verify/history/fifo_monitor.hpp>

#include "stress/queue_call.hpp"
#include "support/item_order.hpp"
#include "support/process.hpp"
#include "support/sequential_queue.hpp"

namespace {

using kind = model::told::kind;
using nlohmann::json;
using plait::conqueue_status;
using stress::claim;

struct exported_history {
  json head;
  std::vector<json> calls;
};

std::vector<exported_history> read(const std::string& path) {
  std::vector<exported_history> all;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    json read = json::parse(line);
    if (read.contains("structure"))
      all.push_back({std::move(read), {}});
    else
      all.back().calls.push_back(std::move(read));
  }
  return all;
}

bool overlap(const json& a, const json& b) {
  return a["begin"] <= b["end"] && b["begin"] <= a["end"];
}

conqueue_status status_of(const std::string& word) {
  for (const conqueue_status each : {conqueue_status::success, conqueue_status::empty, conqueue_status::full,
                                     conqueue_status::closed, conqueue_status::busy, conqueue_status::stopped})
    if (word == to_string(each)) return each;
  ADD_FAILURE() << word << " is no status";
  return conqueue_status::busy;
}

// Read from the file alone: what each answer claims.
std::vector<claim> claims_of(const std::vector<json>& calls) {
  std::vector<claim> claims;
  for (const json& call : calls) {
    const std::string name = call["call"];
    const json& arguments = call["arguments"];
    const json& answer = call["answer"];
    const auto add = [&](const model::told& step) {
      claims.push_back({step, call["begin"], call["end"], call["thread"]});
    };
    bool is_alone = true;
    bool is_beside_a_push = false;
    for (const json& other : calls) {
      if (other["thread"] == call["thread"] || !overlap(other, call)) continue;
      is_alone = false;
      is_beside_a_push = is_beside_a_push || other["call"].get<std::string>().contains("push");
    }

    if (name == "push_n" || name == "try_push_n") {
      for (std::size_t i = 0; i != answer; ++i) add({.what = kind::push, .item = arguments[0][i]});
      if (name == "push_n" && answer != arguments[0].size())
        add({.what = kind::push, .status = conqueue_status::closed});
    } else if (name == "pop_n" || name == "try_pop_n") {
      for (const json& item : answer) add({.what = kind::pop, .item = item});
      if (name == "pop_n" && answer.empty()) add({.what = kind::pop, .status = conqueue_status::closed});
    } else if (answer == "closed or stopped") {
      add({.what = name == "push_or_stop" ? kind::push_gives_up : kind::pop_gives_up});
    } else if (answer == "stopped") {
      add({.what = kind::stopped});
    } else if (name.contains("push")) {
      if (answer != "busy") add({.what = kind::push, .item = arguments[0], .status = status_of(answer)});
    } else if (name.contains("pop")) {
      if (answer.is_number())
        add({.what = kind::pop, .item = answer});
      else if (answer != "busy")
        add({.what = kind::pop, .status = status_of(answer)});
    } else if (name == "close") {
      add({.what = kind::close});
    } else if (name == "close_and_discard") {
      add({.what = kind::close});
      for (std::size_t i = 0; i != answer; ++i) {
        add({.what = kind::pop, .item = model::told::any});
        add({.what = kind::task_done});
      }
      add({.what = kind::pop, .status = conqueue_status::closed});
    } else if (name == "request_stop") {
      add({.what = kind::request_stop});
    } else if (name == "size") {
      add({.what = is_alone ? kind::size : kind::size_in_range, .item = answer});
    } else if (name == "unfinished_tasks") {
      if (is_alone)
        add({.what = kind::unfinished, .item = answer});
      else if (answer == 0 && !is_beside_a_push)
        add({.what = kind::joined});
    } else if (name == "is_closed") {
      add({.what = kind::is_closed, .yes = answer});
    } else if (name == "empty") {
      if (answer == true && !is_beside_a_push) add({.what = kind::empty});
    } else if (name == "try_join_for") {
      if (answer == true && !is_beside_a_push) add({.what = kind::joined});
    } else if (name == "task_done") {
      if (answer.is_null() || !is_beside_a_push) add({.what = kind::task_done, .yes = answer.is_null()});
    } else {
      ADD_FAILURE() << "a call that is not in the table: " << name;
    }
  }
  return claims;
}

bool can_be_explained(const exported_history& history) {
  using judge = std::function<bool(std::span<const claim>, std::size_t)>;
  static const std::map<std::string, judge> judges{
      {"first_in_first_out", stress::can_be_explained<model::first_in_first_out>},
      {"last_in_first_out", stress::can_be_explained<model::last_in_first_out>},
      {"smallest_first", stress::can_be_explained<model::smallest_first>},
      {"smallest_thousand_first_stable",
       stress::can_be_explained<model::stable_smallest_first<stress::priority_of_item>>},
      {"any_item", stress::can_be_explained<model::any_item>}};
  const json& capacity = history.head["capacity"];
  return judges.at(history.head["order"])(claims_of(history.calls),
                                          capacity.is_null() ? model::unlimited : capacity.get<std::size_t>());
}

std::string text_of(const exported_history& history) {
  std::string text = history.head.dump() + '\n';
  for (const json& call : history.calls) text += call.dump() + '\n';
  return text;
}

// A few rounds of each queue.
std::vector<exported_history> short_histories(const support::temporary_folder& folder) {
  const std::string path = folder / "histories.jsonl";
  const auto done = support::child(PLAIT_STRESS, {"--filter", "/short_histories$", "--seconds", "0.05",
                                                  "--seed", "1", "--export", path})
                        .finish();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  return read(path);
}

TEST(exported_histories, short_ones_can_be_judged_again_and_hold_every_call_of_every_queue) {
  const support::temporary_folder folder;
  std::map<std::string, std::set<std::string>> calls;  // by structure
  for (const exported_history& each : short_histories(folder)) {
    ASSERT_EQ(each.calls.size(), each.head["calls"]);
    ASSERT_TRUE(can_be_explained(each)) << text_of(each);
    for (const json& call : each.calls) calls[each.head["structure"]].insert(call["call"]);
  }
  EXPECT_EQ(calls.size(), 6U);
  for (const auto& [structure, made] : calls) EXPECT_EQ(made.size(), 21U) << structure;
}

TEST(exported_histories, one_answer_that_is_changed_cannot_be_explained_any_more) {
  const support::temporary_folder folder;
  std::size_t changed = 0;
  for (exported_history& each : short_histories(folder)) {
    if (++changed > 3000) break;
    // The first thread's last calls, when no other one runs: size, ..., close, and pops.
    std::size_t size = 0;
    for (std::size_t i = 0; each.calls[i]["thread"] == 0; ++i)
      if (each.calls[i]["call"] == "size") size = i;
    json& said = each.calls[size]["answer"];
    said = said.get<int>() + 1;
    ASSERT_FALSE(can_be_explained(each)) << text_of(each);
    said = said.get<int>() - 1;

    json& popped = each.calls[size + 4]["answer"];
    ASSERT_EQ(each.calls[size + 4]["call"], "try_pop");
    popped = popped == "closed" ? json(12345) : json("closed");
    ASSERT_FALSE(can_be_explained(each)) << text_of(each);
  }
}

TEST(exported_histories, a_false_full_is_found_and_can_be_found_again) {
  const support::temporary_folder folder;
  const std::string path = folder / "histories.jsonl";
  const auto wrong = support::child(PLAIT_STRESS_BROKEN, {"--filter", "false_full", "--seed", "1", "--threads",
                                                          "2", "--seconds", "90", "--export", path})
                         .finish();
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.out.find("no order of these calls explains all the answers"), std::string::npos) << wrong.out;
  EXPECT_NE(wrong.out.find(R"("full")"), std::string::npos) << wrong.out;
  std::size_t unexplained = 0;
  for (const exported_history& each : read(path)) unexplained += can_be_explained(each) ? 0 : 1;
  EXPECT_GE(unexplained, 1U);
}

TEST(exported_histories, long_ones_hold_what_the_monitors_judge) {
  const support::temporary_folder folder;
  const std::string path = folder / "histories.jsonl";
  const auto done = support::child(PLAIT_STRESS, {"--filter", "^bounded_queue/every_operation$", "--seconds",
                                                  "0.05", "--export", path})
                        .finish();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  const std::vector<exported_history> all = read(path);
  EXPECT_FALSE(all.empty());
  for (const auto& [head, lines] : all) {
    std::vector<history::container_call> calls;
    for (const json& line : lines) {
      using enum history::container_action;
      const json& answer = line["answer"];
      history::container_operation made{closed};
      if (line["call"] == "push")
        made = answer == "success" ? history::container_operation{pushed, line["arguments"][0]}
               : answer == "full"  ? history::container_operation{found_full}
                                   : history::container_operation{push_closed};
      else if (line["call"] == "pop")
        made = answer.is_number()  ? history::container_operation{popped, answer}
               : answer == "empty" ? history::container_operation{found_empty}
                                   : history::container_operation{pop_closed};
      calls.push_back({made, line["begin"], line["end"], line["thread"]});
    }
    EXPECT_EQ(calls.size(), head["calls"]);
    EXPECT_EQ(history::find_fifo_fault(calls, head["capacity"], true), std::nullopt);
  }
}

TEST(exported_histories, a_file_that_cannot_be_written_is_an_error) {
  const auto refused = support::child(PLAIT_STRESS, {"--export", "/no_such_folder/histories.jsonl"}).finish();
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find("/no_such_folder/histories.jsonl"), std::string::npos) << refused.err;
  const auto full = support::child(PLAIT_STRESS, {"--filter", "^lifo_queue/short_histories$", "--seconds",
                                                  "0.05", "--export", "/dev/full"})
                        .finish();
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_NE(full.err.find("/dev/full"), std::string::npos) << full.err;
}

}  // namespace
