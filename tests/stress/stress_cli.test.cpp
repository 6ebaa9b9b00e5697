// SPDX-License-Identifier: MIT
// The command line of plait-stress, and its output when a check fails.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stress/runner.hpp"
#include "support/process.hpp"

namespace {

using outcome = support::child::result;

outcome stress(const std::vector<std::string>& arguments) {
  return support::child(PLAIT_STRESS, arguments).finish();
}
outcome broken(const std::vector<std::string>& arguments) {
  return support::child(PLAIT_STRESS_BROKEN, arguments).finish();
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

TEST(stress_cli, help_fits_one_screen_and_ends_with_examples) {
  const outcome help = stress({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  const std::vector<std::string> shown = lines(help.out);
  EXPECT_LE(shown.size(), 24U) << help.out;
  ASSERT_GE(shown.size(), 4U);
  EXPECT_EQ(shown[shown.size() - 4], "Examples:");
  for (std::size_t i = shown.size() - 3; i != shown.size(); ++i)
    EXPECT_EQ(shown[i].find("  plait stress"), 0U) << shown[i];
}

TEST(stress_cli, unless_told_how_long_everything_takes_no_more_than_a_minute) {
  const support::temporary_folder folder;
  support::terminal progress;
  support::child program(PLAIT_STRESS, {"--json", folder / "result.json"},
                         {.standard_error = progress.far_end()});
  progress.wait_for("operations");
  program.interrupt();
  EXPECT_EQ(program.finish().exit_code, 130);
  const nlohmann::json result = nlohmann::json::parse(std::ifstream(folder / "result.json"));
  const double seconds_each = result["seconds_each"];
  EXPECT_GT(seconds_each, 0);
  EXPECT_LE(seconds_each * static_cast<double>(lines(stress({"--list"}).out).size()), 60.001);
}

TEST(stress_cli, a_workload_that_takes_too_long_takes_time_from_the_others) {
  const auto seconds = [](double left, std::size_t workloads) {
    return stress::fair_share(std::chrono::duration<double>(left), workloads).count();
  };
  EXPECT_EQ(seconds(60, 60), 1);
  EXPECT_EQ(seconds(30, 60), 0.5);
  EXPECT_EQ(seconds(60, 1), 3) << "one alone";
  EXPECT_EQ(seconds(-5, 10), 0) << "then each has one round";
}

TEST(stress_cli, of_an_option_given_twice_the_last_wins) {
  const outcome list =
      stress({"--list", "--filter", "^no_such", "--filter", "ping_pong", "--seed", "x", "--seed", "1"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_NE(list.out.find("ping_pong"), std::string::npos) << list.out;
}

TEST(stress_cli, a_list_that_nobody_can_receive_is_an_error) {
  const outcome refused =
      support::child(PLAIT_STRESS, {"--list"}, {.standard_output = support::closed}).finish();
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("standard output: Bad file descriptor"), std::string::npos) << refused.err;
}

TEST(stress_cli, list_names_structure_and_what_is_done) {
  const outcome list = stress({"--list"});
  EXPECT_EQ(list.exit_code, 0);
  const std::vector<std::string> names = lines(list.out);
  EXPECT_EQ(std::ranges::count(names, "bounded_queue/every_operation"), 1);
  for (const std::string& name : names) EXPECT_EQ(std::ranges::count(name, '/'), 1) << name;
}

TEST(stress_cli, a_workload_gets_a_line_and_all_together_one) {
  const outcome fine = stress({"--filter", "^counter/|ping_pong", "--seconds", "0.01"});
  EXPECT_EQ(fine.exit_code, 0) << fine.out;
  EXPECT_EQ(fine.err, "");
  const std::vector<std::string> shown = lines(fine.out);
  const std::size_t workloads = lines(stress({"--filter", "^counter/|ping_pong", "--list"}).out).size();
  ASSERT_EQ(shown.size(), workloads + 1);
  const std::regex line(R"([a-z_]+/[a-z_]+ +[1-9][0-9]* operations +[0-9]+ histories +[0-9.]+ s  ok)");
  for (std::size_t i = 0; i != workloads; ++i) EXPECT_TRUE(std::regex_match(shown[i], line)) << shown[i];
  EXPECT_EQ(shown.back().find(std::to_string(workloads) + " workloads, 0 failed: "), 0U) << shown.back();
}

TEST(stress_cli, bad_options_are_errors_that_name_them) {
  const std::vector<std::vector<std::string>> bad = {{"--no-such-option"},
                                                     {"a_file"},
                                                     {"--seconds", "0"},
                                                     {"--seconds", "-1"},
                                                     {"--seconds", "nan"},
                                                     {"--seconds", "inf"},
                                                     {"--seconds", "many"},
                                                     {"--seconds", "1s"},
                                                     {"--seconds", ""},
                                                     {"--threads", "0"},
                                                     {"--threads", "1"},
                                                     {"--threads", "-2"},
                                                     {"--threads", "2.5"},
                                                     {"--seed", "-1"},
                                                     {"--seed", "x"},
                                                     {"--seed", "18446744073709551616"},
                                                     {"--patience", "nan"},
                                                     {"--patience", "0"},
                                                     {"--seed"},
                                                     {"--filter", "[queue"}};
  for (const std::vector<std::string>& arguments : bad) {
    const outcome refused = stress(arguments);
    EXPECT_EQ(refused.exit_code, 2) << arguments.front();
    EXPECT_EQ(refused.out, "");
    EXPECT_NE(refused.err.find(arguments.front()), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find(arguments.back()), std::string::npos) << refused.err;
  }
}

TEST(stress_cli, a_filter_that_matches_nothing_is_reported) {
  for (const auto& arguments :
       {std::vector<std::string>{"--filter", "no_such_workload"}, {"--filter", "no_such_workload", "--list"}}) {
    const outcome nothing = stress(arguments);
    EXPECT_EQ(nothing.exit_code, 1);
    EXPECT_EQ(nothing.out, "");
    EXPECT_NE(nothing.err.find("no workload matches 'no_such_workload'"), std::string::npos) << nothing.err;
  }
  EXPECT_NE(stress({"--filter", "\x1b"}).err.find("'\\x1b'"), std::string::npos) << "a terminal would obey it";
}

TEST(stress_cli, a_json_file_that_cannot_be_written_is_an_error_before_anything_runs) {
  const outcome refused = stress({"--json", "/no_such_folder/result.json"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find("/no_such_folder/result.json"), std::string::npos) << refused.err;
}

TEST(stress_cli, a_full_disk_under_the_json_file_is_an_error) {
  const outcome refused = stress({"--filter", "ping_pong", "--seconds", "0.01", "--json", "/dev/full"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("/dev/full"), std::string::npos) << refused.err;
}

TEST(stress_cli, ctrl_c_prints_what_was_done_so_far) {
  support::terminal progress;
  support::child program(PLAIT_STRESS, {"--seconds", "600"}, {.standard_error = progress.far_end()});
  progress.wait_for("operations");
  program.interrupt();
  const outcome stopped = program.finish();
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_EQ(lines(stopped.out).back().find("1 workloads, 0 failed: "), 0U) << stopped.out;
}

TEST(stress_cli, a_broken_queue_is_found_and_shown_with_its_seed_and_a_small_history) {
  const support::temporary_folder folder;
  // The time limit is for a slow machine: the first round that fails ends the program.
  const outcome wrong = broken({"--filter", "overtaking", "--seed", "5", "--threads", "4", "--seconds", "90",
                                "--json", folder / "result.json"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.out.find("FAILED"), std::string::npos) << wrong.out;

  const nlohmann::json result = nlohmann::json::parse(std::ifstream(folder / "result.json"));
  EXPECT_EQ(result["schema_version"], 1);
  EXPECT_EQ(result["failed"], 1);
  const nlohmann::json& row = result["workloads"][0];
  EXPECT_EQ(row["name"], "broken/overtaking");
  EXPECT_EQ(row["ok"], false);
  EXPECT_GE(row["seed"], 5U);
  EXPECT_EQ(row["threads"], 4U);

  const std::string again =
      "plait stress --filter '^broken/overtaking$' --seed " + row["seed"].dump() + " --threads 4";
  EXPECT_NE(wrong.out.find(again), std::string::npos) << wrong.out;
  // The fault, an empty line, the head of the table, and the pushes and pops of two values.
  const std::string fault = row["fault"];
  EXPECT_NE(fault.find(" overtook "), std::string::npos) << fault;
  EXPECT_EQ(lines(fault).size(), 7U) << fault;
  EXPECT_NE(wrong.out.find(fault), std::string::npos) << wrong.out;
}

TEST(stress_cli, a_round_that_hangs_is_a_failure_that_says_what_each_thread_was_doing) {
  const outcome hangs = broken({"--filter", "hanging", "--seed", "7", "--patience", "0.1"});
  EXPECT_EQ(hangs.exit_code, 1);
  EXPECT_NE(hangs.out.find("--filter '^broken/hanging$' --seed 7"), std::string::npos) << hangs.out;
  EXPECT_NE(hangs.out.find("consumer: pop (operation 1)"), std::string::npos) << hangs.out;
  EXPECT_NE(hangs.out.find("1 workloads, 1 failed"), std::string::npos) << hangs.out;
}

TEST(stress_cli, a_round_that_goes_on_slowly_does_not_hang) {
  const outcome slow = broken({"--filter", "broken/slow", "--patience", "3", "--seconds", "0.01"});
  EXPECT_EQ(slow.exit_code, 0) << slow.out;
}

}  // namespace
