// SPDX-License-Identifier: MIT
// plait-bench: plait's structures compared with the rivals that were found when it was built.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/core.h>

#include "bench_build.hpp"
#include "command_line/command_line.hpp"
#include "command_line/output.hpp"
#include "command_line/printable.hpp"
#include "support/embedded.hpp"
#include "support/page.hpp"
#include "support/report.hpp"

namespace {

using bench::benchmark;
using bench::result;

struct options {
  plait::cli::name_filter filter;
  bool quick = false;
  bool list = false;
  std::string json;
  std::string html;
  std::string from;
  int repetitions = 0;  // 0: as many as suit the other options

  int rounds() const { return repetitions != 0 ? repetitions : quick ? 3 : 5; }
  std::chrono::milliseconds time() const { return std::chrono::milliseconds(quick ? 60 : 200); }
};

constexpr const char* footer =
    "The structures and their rivals run in turn, in one process. With --list each name is\n"
    "structure/workload/shape/implementation.\n"
    "Exit code: 0 fine, 1 a wrong result, or no benchmark matches, 2 an error.\n"
    "\n"
    "Examples:\n"
    "  plait bench --quick                                 everything, in rough figures\n"
    "  plait bench --filter bounded_queue/throughput/      one workload in every shape\n"
    "  plait bench --filter 2P2C --html result.html        tables and plots, for a browser\n"
    "  plait bench --simulate 64                           on simulated cores, up to 64";

// The selected benchmarks, in comparable groups, with plait first in each.
std::vector<benchmark> selected(const plait::cli::name_filter& filter) {
  std::vector<benchmark> chosen;
  std::ranges::copy_if(bench::suite(), std::back_inserter(chosen),
                       [&](const benchmark& b) { return filter.matches(b.name()); });
  std::ranges::sort(chosen, {}, [](const benchmark& b) {
    return std::tuple(b.group(), !b.implementation.starts_with("plait"), b.implementation);
  });
  return chosen;
}

// The names of the selected benchmarks. A program that was built without any, as the first --list finds it,
// knows those of all by heart.
std::vector<std::string> names_of(const plait::cli::name_filter& filter) {
  std::vector<std::string> names;
  if (!bench::suite().empty()) {
    std::ranges::transform(selected(filter), std::back_inserter(names), &benchmark::name);
    return names;
  }
  std::istringstream lines{std::string(bench::embedded::names)};
  for (std::string name; std::getline(lines, name);)
    if (filter.matches(name)) names.push_back(name);
  return names;
}

std::string first_value(const char* file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return line.substr(line.find(':') + 2);
  return "unknown";
}

nlohmann::ordered_json context(const options& chosen, const std::vector<std::string>& missing) {
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
          {"missing_rivals", missing}};
}

// The path itself or, if it is a folder, a file in it named after commit, machine, date and compiler.
std::filesystem::path path_for(const std::filesystem::path& given, const nlohmann::ordered_json& machine) {
  if (!std::filesystem::is_directory(given)) return given;
  std::string name =
      fmt::format("{}.{}.{}.{}.{}.json", machine.at("commit").get<std::string>(),
                  machine.at("cpu").get<std::string>(), machine.at("num_cpus").get<int>(),
                  machine.at("date").get<std::string>(), machine.at("compiler").get<std::string>());
  std::ranges::replace_if(name, [](char c) { return c == ' ' || c == ':' || c == '/'; }, '-');
  return given / name;
}

// The members of a group take turns, so that disturbances of the machine affect them alike.
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

// Leaves out the rivals that are programs of their own and cannot run. Returns why, once for each.
std::vector<std::string> leave_out_missing(std::vector<benchmark>& benchmarks) {
  std::vector<std::string> missing;
  std::erase_if(benchmarks, [&](const benchmark& b) {
    if (!b.is_other_program()) return false;
    std::string why = b.why_missing();
    if (why.empty()) return false;
    if (std::ranges::find(missing, why) == missing.end()) missing.push_back(std::move(why));
    return true;
  });
  return missing;
}

// --from
int show_saved(const options& chosen) {
  if (chosen.html.empty()) throw std::invalid_argument("--from needs --html FILE, where the page is written");
  std::ifstream file(chosen.from);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    throw std::system_error(errno, std::generic_category(), "cannot read " + chosen.from);
  try {
    const std::string page = bench::page(nlohmann::ordered_json::parse(text.str()));
    plait::cli::output(chosen.html).write(page);
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(chosen.from + ": this is not JSON: " + error.what());
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(chosen.from + ": " + error.what());
  }
  return plait::cli::fine;
}

int run(const options& chosen) {
  if (!chosen.from.empty()) return show_saved(chosen);
  const std::vector<std::string> names = names_of(chosen.filter);
  if (names.empty()) {
    fmt::print(stderr, "plait bench: no benchmark matches '{}'; --list shows them all\n",
               plait::cli::printable(chosen.filter.text()));
    return plait::cli::nothing_found;
  }
  if (chosen.list) {
    plait::cli::print_names(names);
    return plait::cli::fine;
  }
  std::vector<benchmark> benchmarks = selected(chosen.filter);
  for (const std::string& missing : bench::missing_rivals)
    fmt::print(stderr, "plait bench: built without {}\n", missing);
  std::vector<std::string> missing = leave_out_missing(benchmarks);
  for (const std::string& each : missing) fmt::print(stderr, "plait bench: without {}\n", each);
  if (benchmarks.empty()) return plait::cli::nothing_found;
  missing.insert(missing.begin(), bench::missing_rivals.begin(), bench::missing_rivals.end());

  const nlohmann::ordered_json machine = context(chosen, missing);
  plait::cli::output json(path_for(chosen.json, machine));
  plait::cli::output html(chosen.html);

  std::vector<result> all;
  for (auto first = benchmarks.begin(); first != benchmarks.end();) {
    const auto last =
        std::find_if(first, benchmarks.end(), [&](const benchmark& b) { return b.group() != first->group(); });
    std::vector<result> group = run_group({first, last}, chosen);
    bench::print_group(stdout, group);
    std::ranges::move(group, std::back_inserter(all));
    first = last;
  }

  const nlohmann::ordered_json measured = bench::to_json(machine, all);
  json.write(measured.dump(2) + '\n');
  if (!chosen.html.empty()) html.write(bench::page(measured));
  return plait::cli::fine;
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = plait::cli;
  options chosen;
  cli::command_line program("plait bench", "Measure every structure against its rivals", footer);
  chosen.filter.add_to(program, "benchmarks");
  program.add_flag("--list", chosen.list, "Print their names and run nothing");
  program.add_flag("--quick", chosen.quick, "Three short repetitions instead of five: rough figures");
  cli::add_number(program, "--repetitions", chosen.repetitions, 1, 1000, "How often each is run (5)");
  cli::add_text(program, "--json", "FILE", chosen.json,
                "Also write the figures there, as Google Benchmark does;\n"
                "in a folder, to a file named after commit and machine");
  cli::add_text(program, "--html", "FILE", chosen.html, "Also write a page with tables and plots there");
  cli::add_text(program, "--from", "FILE", chosen.from, "Run nothing; --html shows what --json wrote to FILE");
  return program.run(argc, argv, [&chosen] {
    try {
      return run(chosen);
    } catch (const bench::wrong_result& wrong) {
      fmt::print(stderr, "plait bench: wrong result: {}\n", wrong.what());
      return static_cast<int>(cli::nothing_found);
    }
  });
}
