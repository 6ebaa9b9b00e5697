// SPDX-License-Identifier: MIT
// The command line of plait-bench.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

struct outcome {
  int exit_code;
  std::string out;     // standard output
  std::string errors;  // standard error
};

class bench_cli : public testing::Test {
 protected:
  bench_cli() { std::filesystem::create_directory(folder_); }
  ~bench_cli() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  outcome run(const std::string& arguments, const std::string& program = PLAIT_BENCH) const {
    const std::string command = program + " " + arguments + " 2>" + path("errors");
    std::FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    std::array<char, 4096> part;
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe)) out.append(part.data(), got);
    const int status = pclose(pipe);
    std::ostringstream errors;
    errors << std::ifstream(path("errors")).rdbuf();
    return {WEXITSTATUS(status), out, errors.str()};
  }

  static std::vector<std::string> lines(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

 private:
  const std::filesystem::path folder_ = testing::TempDir() + "plait_bench_cli." + std::to_string(getpid());
};

constexpr const char* one_benchmark = "--filter '^bounded_queue/pair/1T/plait$' --repetitions 3 --quick ";

TEST_F(bench_cli, list_names_structure_workload_shape_and_implementation) {
  const outcome list = run("--list");
  EXPECT_EQ(list.exit_code, 0);
  const std::vector<std::string> names = lines(list.out);
  EXPECT_EQ(std::ranges::count(names, "bounded_queue/throughput/2P2C/plait"), 1);
  for (const std::string& name : names) EXPECT_EQ(std::ranges::count(name, '/'), 3) << name;
}

// Until the workloads are compiled, --list prints the names of names.txt.
TEST_F(bench_cli, names_are_listed_before_anything_is_compiled_and_are_those_that_run) {
  const std::vector<std::string> known = lines(run("--list", PLAIT_BENCH_HELP).out);
  std::vector<std::string> there = lines(run("--list").out);
  ASSERT_EQ(run(one_benchmark + ("--json " + path("result.json"))).exit_code, 0);
  const nlohmann::json result = nlohmann::json::parse(std::ifstream(path("result.json")));
  const auto is_missing = [&](const std::string& name) {
    return std::ranges::find(there, name) == there.end();
  };
  const auto is_ours = [](const std::string& name) {
    return name.find("/plait", name.rfind('/')) != name.npos;
  };
  if (result["context"]["missing_rivals"].empty()) {
    EXPECT_EQ(known, there) << "put the second list, what plait-bench --list prints, into bench/names.txt";
  } else {
    for (const std::string& name : known)
      EXPECT_FALSE(is_ours(name) && is_missing(name))
          << name << " is gone from the program but not from bench/names.txt";
    for (const std::string& name : there)
      EXPECT_EQ(std::ranges::count(known, name), 1) << "bench/names.txt lacks " << name;
  }
  EXPECT_EQ(run("--list --filter pair/1T/tbb", PLAIT_BENCH_HELP).out,
            "bounded_queue/pair/1T/tbb\nunbounded_queue/pair/1T/tbb\n");
}

TEST_F(bench_cli, help_fits_one_screen_and_ends_with_examples) {
  const outcome help = run("--help");
  EXPECT_EQ(help.exit_code, 0);
  const std::vector<std::string> shown = lines(help.out);
  EXPECT_LE(shown.size(), 24u) << help.out;
  const auto heading = std::ranges::find(shown, "Examples:");
  ASSERT_NE(heading, shown.end()) << help.out;
  const std::ranges::subrange examples(heading + 1, shown.end());
  EXPECT_GE(examples.size(), 3u);
  for (const std::string& example : examples) EXPECT_EQ(example.find("  plait bench "), 0u) << example;
}

TEST_F(bench_cli, the_example_for_one_workload_in_every_shape_is_just_that) {
  const std::string help = run("--help").out;
  const std::string filter = "--filter bounded_queue/throughput/";
  ASSERT_NE(help.find(filter + "      one workload in every shape"), std::string::npos) << help;
  const std::vector<std::string> names = lines(run("--list " + filter).out);
  EXPECT_FALSE(names.empty());
  for (const std::string& name : names) EXPECT_EQ(name.find("bounded_queue/throughput/"), 0u) << name;
}

TEST_F(bench_cli, of_an_option_given_twice_the_last_wins) {
  EXPECT_EQ(run("--list --filter no_such --filter '^bounded_queue/pair/1T/plait$'").out,
            "bounded_queue/pair/1T/plait\n");
}

TEST_F(bench_cli, a_list_that_nobody_can_receive_is_an_error) {
  const outcome refused = run("--list >&-");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("standard output: Bad file descriptor"), std::string::npos) << refused.errors;
}

TEST_F(bench_cli, filter_keeps_only_what_matches) {
  const outcome list = run("--list --filter '^bounded_queue/throughput/2P2C/mutex_condvar$'");
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_EQ(list.out, "bounded_queue/throughput/2P2C/mutex_condvar\n");
}

TEST_F(bench_cli, filter_matches_from_where_a_part_of_the_name_begins) {
  const auto listed = [&](const std::string& filter, const std::string& name) {
    return std::ranges::count(lines(run("--list --filter '" + filter + "'").out), name) == 1;
  };
  const std::string bounded = "bounded_queue/pair/1T/plait";
  const std::string unbounded = "unbounded_queue/pair/1T/plait";
  for (const char* filter :
       {"bounded_queue", "^bounded", "bounded_queue/pair", "no_such|bounded_queue", "(bounded)_q"}) {
    EXPECT_TRUE(listed(filter, bounded)) << filter;
    EXPECT_FALSE(listed(filter, unbounded)) << filter;
  }
  for (const char* filter :
       {"", "pair", "/pair", "1T/plait$", ".*bounded_queue", "unbounded|bounded", ".*lait$"}) {
    EXPECT_TRUE(listed(filter, bounded)) << filter;
    EXPECT_TRUE(listed(filter, unbounded)) << filter;
  }
  for (const char* filter : {"^pair", "air", "queue", "lait$"})
    EXPECT_EQ(run("--list --filter " + std::string(filter)).out, "") << filter;
}

TEST_F(bench_cli, a_filter_that_is_no_regular_expression_is_an_error_that_shows_it) {
  const outcome refused = run("--filter '[pair'");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.errors.find("[pair"), std::string::npos) << refused.errors;
  EXPECT_EQ(run("--filter 'a)|(b'").exit_code, 2);
}

TEST_F(bench_cli, a_filter_that_matches_nothing_is_reported) {
  const outcome nothing = run("--filter no_such_benchmark");
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_NE(nothing.errors.find("no_such_benchmark"), std::string::npos) << nothing.errors;
}

TEST_F(bench_cli, unknown_options_and_bad_numbers_are_errors) {
  EXPECT_EQ(run("--no-such-option").exit_code, 2);
  EXPECT_EQ(run("--repetitions 0").exit_code, 2);
  EXPECT_EQ(run("--repetitions many").exit_code, 2);
}

TEST_F(bench_cli, a_json_file_that_cannot_be_written_is_an_error_before_anything_runs) {
  const outcome refused = run(one_benchmark + ("--json " + path("no_such_folder/result.json")));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.errors.find("no_such_folder/result.json"), std::string::npos) << refused.errors;
}

TEST_F(bench_cli, a_full_disk_under_the_json_file_is_an_error) {
  EXPECT_EQ(run(one_benchmark + std::string("--json /dev/full")).exit_code, 2);
}

TEST_F(bench_cli, json_has_every_repetition_and_what_they_come_to) {
  ASSERT_EQ(run(one_benchmark + ("--json " + path("result.json"))).exit_code, 0);
  const nlohmann::json result = nlohmann::json::parse(std::ifstream(path("result.json")));
  EXPECT_TRUE(result["context"].contains("missing_rivals"));

  std::vector<double> rates;
  std::map<std::string, double> aggregates;
  for (const nlohmann::json& row : result["benchmarks"]) {
    EXPECT_EQ(row["run_name"], "bounded_queue/pair/1T/plait");
    EXPECT_EQ(row["judged_by"], "items_per_second");
    if (row["run_type"] == "iteration") {
      rates.push_back(row["items_per_second"]);
    } else {
      aggregates[row["aggregate_name"]] = row["items_per_second"];
    }
  }
  ASSERT_EQ(rates.size(), 3u);
  std::ranges::sort(rates);
  EXPECT_EQ(aggregates,
            (std::map<std::string, double>{{"min", rates[0]}, {"median", rates[1]}, {"max", rates[2]}}));
}

TEST_F(bench_cli, html_shows_what_was_measured_now_or_earlier) {
  ASSERT_EQ(run(one_benchmark + ("--json " + path("result.json") + " --html " + path("now.html"))).exit_code,
            0);
  const outcome saved =
      run("--from " + path("result.json") + " --html " + path("saved.html"), PLAIT_BENCH_HELP);
  EXPECT_EQ(saved.exit_code, 0) << saved.errors;
  const auto text = [&](const char* name) {
    return (std::ostringstream() << std::ifstream(path(name)).rdbuf()).str();
  };
  EXPECT_NE(text("now.html").find("bounded_queue/pair/1T/plait"), std::string::npos);
  EXPECT_EQ(text("now.html"), text("saved.html"));
}

TEST_F(bench_cli, html_that_cannot_be_made_is_an_error_that_says_why) {
  std::ofstream(path("broken.json")) << "{";
  std::ofstream(path("other.json")) << R"({"context": {}, "benchmarks": [{"name": "BM_one"}]})";
  const std::pair<std::string, std::string> refused[] = {
      {"--from " + path("other.json"), "--from needs --html FILE"},
      {"--from " + path("none.json") + " --html " + path("x.html"),
       "cannot read " + path("none.json") + ": No such file"},
      {"--from " + path("broken.json") + " --html " + path("x.html"), "broken.json: this is not JSON: "},
      {"--from " + path("other.json") + " --html " + path("x.html"),
       "other.json: this is not what plait bench --json writes: "},
      {one_benchmark + ("--html " + path("no_such_folder/x.html")),
       "cannot write " + path("no_such_folder/x.html")},
      {one_benchmark + std::string("--html /dev/full"), "cannot write /dev/full"}};
  for (const auto& [arguments, message] : refused) {
    const outcome error = run(arguments);
    EXPECT_EQ(error.exit_code, 2) << arguments;
    EXPECT_NE(error.errors.find(message), std::string::npos) << error.errors;
    EXPECT_FALSE(std::filesystem::exists(path("x.html")));
  }
}

TEST_F(bench_cli, peak_memory_is_the_programs_own_and_not_that_of_whoever_measures) {
  const std::vector<char> mine(100'000'000, 'x');
  const std::string command = PLAIT_PEAK_MEMORY " " + path("memory") + " sh -c 'exit 3'";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 3);
  int kibibytes = 0;
  std::ifstream(path("memory")) >> kibibytes;
  EXPECT_GT(kibibytes, 100);
  EXPECT_LT(kibibytes, 20'000) << "and of these " << mine.size() << " bytes are this test's";
}

}  // namespace
