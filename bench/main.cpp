// SPDX-License-Identifier: MIT
// plait-bench: plait's structures against the rivals that were found when it was built.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>
#include <tuple>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/core.h>

#include "bench_build.hpp"
#include "support/report.hpp"

namespace {

using bench::benchmark;
using bench::result;

struct options {
  std::string filter;
  bool quick = false;
  bool list = false;
  std::string json;
  int repetitions = 0;  // 0: as many as suit the other options

  int rounds() const { return repetitions != 0 ? repetitions : quick ? 3 : 5; }
  std::chrono::milliseconds time() const { return std::chrono::milliseconds(quick ? 60 : 200); }
};

constexpr int exit_wrong = 1;
constexpr int exit_error = 2;

constexpr const char* description =
    "Measures plait's structures and their rivals in turn, in one process.\n\n"
    "Examples:\n"
    "  plait bench --quick                                everything, roughly, in a minute\n"
    "  plait bench --filter 'bounded_queue/throughput/'   one workload in every shape\n"
    "  plait bench --filter 2P2C --json result.json       the figures for other programs\n";

// In groups that can be compared, plait first in each.
std::vector<benchmark> selected(const std::string& filter) {
  const std::regex wanted(filter);
  std::vector<benchmark> chosen;
  std::ranges::copy_if(bench::suite(), std::back_inserter(chosen),
                       [&](const benchmark& b) { return std::regex_search(b.name(), wanted); });
  std::ranges::sort(chosen, {}, [](const benchmark& b) {
    return std::tuple(b.group(), !b.implementation.starts_with("plait"), b.implementation);
  });
  return chosen;
}

std::string first_value(const char* file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return line.substr(line.find(':') + 2);
  return "unknown";
}

nlohmann::ordered_json context(const options& chosen) {
  double load[3] = {};
  getloadavg(load, 3);
  return {{"date", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
          {"num_cpus", std::thread::hardware_concurrency()},
          {"cpu", first_value("/proc/cpuinfo", "model name")},
          {"load_avg", load},
          {"library_build_type", bench::build_type},
          {"compiler", bench::build_compiler},
          {"commit", bench::build_commit},
          {"seconds_per_repetition", std::chrono::duration<double>(chosen.time()).count()},
          {"missing_rivals", bench::missing_rivals}};
}

// A folder gets a file named after what was measured where.
std::filesystem::path path_for(const std::filesystem::path& given, const nlohmann::ordered_json& machine) {
  if (!std::filesystem::is_directory(given)) return given;
  std::string name =
      fmt::format("{}.{}.{}.{}.{}.json", machine.at("commit").get<std::string>(),
                  machine.at("cpu").get<std::string>(), machine.at("num_cpus").get<int>(),
                  machine.at("date").get<std::string>(), machine.at("compiler").get<std::string>());
  std::ranges::replace_if(name, [](char c) { return c == ' ' || c == ':' || c == '/'; }, '-');
  return given / name;
}

int cannot_write(const std::filesystem::path& path) {
  fmt::print(stderr, "plait bench: cannot write {}: {}\n", path.string(), std::strerror(errno));
  return exit_error;
}

// The members of a group take turns, so that whatever disturbs the machine disturbs them alike.
std::vector<result> run_group(const std::vector<benchmark>& group, const options& chosen) {
  std::vector<result> results;
  std::ranges::transform(group, std::back_inserter(results), [](const benchmark& b) { return result{b, {}}; });
  const bool on_terminal = isatty(STDERR_FILENO) == 1;
  for (int round = 0; round != chosen.rounds(); ++round) {
    for (result& r : results) {
      if (on_terminal) fmt::print(stderr, "\r\033[K{} {}/{}", r.what.name(), round + 1, chosen.rounds());
      try {
        r.repetitions.push_back(r.what.run(chosen.time()));
      } catch (const bench::wrong_result& wrong) {
        throw bench::wrong_result(r.what.name() + ": " + wrong.what());
      }
    }
  }
  if (on_terminal) fmt::print(stderr, "\r\033[K");
  return results;
}

int run(const options& chosen) {
  const std::vector<benchmark> benchmarks = selected(chosen.filter);
  if (chosen.list) {
    for (const benchmark& b : benchmarks) fmt::print("{}\n", b.name());
    return benchmarks.empty() ? exit_wrong : EXIT_SUCCESS;
  }
  if (benchmarks.empty()) {
    fmt::print(stderr, "plait bench: no benchmark matches '{}'; --list shows them all\n", chosen.filter);
    return exit_wrong;
  }
  for (const std::string& missing : bench::missing_rivals)
    fmt::print(stderr, "plait bench: built without {}\n", missing);

  const nlohmann::ordered_json machine = context(chosen);
  // Opened before the work, not after it.
  const std::filesystem::path json_path = path_for(chosen.json, machine);
  std::ofstream json;
  if (!json_path.empty()) {
    json.open(json_path);
    if (!json) return cannot_write(json_path);
  }

  std::vector<result> all;
  for (auto first = benchmarks.begin(); first != benchmarks.end();) {
    const auto last =
        std::find_if(first, benchmarks.end(), [&](const benchmark& b) { return b.group() != first->group(); });
    std::vector<result> group = run_group({first, last}, chosen);
    bench::print_group(stdout, group);
    std::ranges::move(group, std::back_inserter(all));
    first = last;
  }

  if (json.is_open()) {
    json << bench::to_json(machine, all).dump(2) << '\n';
    json.close();
    if (!json) return cannot_write(json_path);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  options chosen;
  CLI::App app(description, "plait bench");
  app.add_option("--filter", chosen.filter,
                 "Only benchmarks whose name matches this regular expression (ECMAScript)")
      ->type_name("RE");
  app.add_flag("--quick", chosen.quick, "Three short repetitions instead of five: rough figures");
  app.add_flag("--list", chosen.list, "Print the names and run nothing");
  app.add_option("--json", chosen.json,
                 "Also write the figures there, in the format of Google Benchmark; in a folder, to a file "
                 "named commit.cpu.threads.date.compiler.json")
      ->type_name("FILE");
  app.add_option("--repetitions", chosen.repetitions, "How often each is run (5)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : exit_error;
  }

  try {
    return run(chosen);
  } catch (const std::regex_error& error) {
    fmt::print(stderr, "plait bench: --filter '{}' is not a regular expression: {}\n", chosen.filter,
               error.what());
    return exit_error;
  } catch (const bench::wrong_result& wrong) {
    fmt::print(stderr, "plait bench: wrong result: {}\n", wrong.what());
    return exit_wrong;
  } catch (const std::exception& error) {
    fmt::print(stderr, "plait bench: {}\n", error.what());
    return exit_error;
  }
}
