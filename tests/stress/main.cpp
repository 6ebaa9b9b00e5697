// SPDX-License-Identifier: MIT
// plait-stress: many threads at work on every structure, and a check of all they were told.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <regex>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "stress/report.hpp"
#include "stress/runner.hpp"

namespace {

using stress::outcome;
using stress::workload;

struct options {
  std::string filter;
  bool list = false;
  std::string json;
  double seconds = 3;
  double patience = 60;
  std::uint64_t seed = 0;
  std::size_t threads = 0;  // 0: not given
};

constexpr int exit_wrong = 1;
constexpr int exit_error = 2;
constexpr int exit_stopped = 130;  // 128 + SIGINT, as shells say it

constexpr const char* description =
    "Examples:\n"
    "  plait stress                                    everything, in less than a minute\n"
    "  plait stress --filter '^bounded_queue/' --seconds 60 --threads 64\n"
    "  plait stress --filter '^counter/loads$' --seed 7 --threads 4   a failure, once more\n"
    "\n"
    "Lets many threads work on plait's structures in ways drawn by chance, records what each of them did, was\n"
    "told and when, and checks that a correct structure can have said just that.\n"
    "Exit code: 0 all is well, 1 something is wrong (the seed and the smallest history that shows it are\n"
    "printed) or no workload matches, 2 an error, 130 stopped by Ctrl-C (what was done so far is printed).";

// Whether text is all of a number from `least` to `most`; NaN is not.
template <class Number>
bool parse(const std::string& text, Number least, Number most, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= least && number <= most;
}

template <class Number>
void add_number(CLI::App& app, const std::string& name, Number& number, Number least, Number most,
                const std::string& purpose) {
  app.add_option(name, purpose)->type_name("N")->check([=, &number](const std::string& text) {
    return parse(text, least, most, number)
               ? std::string()
               : fmt::format("'{}' is not a {}number from {} to {}", text,
                             std::numeric_limits<Number>::is_integer ? "whole " : "", least, most);
  });
}

std::vector<workload> selected(const std::string& filter) {
  const std::regex wanted(filter);
  std::vector<workload> chosen;
  std::ranges::copy_if(stress::all_workloads(), std::back_inserter(chosen),
                       [&](const workload& each) { return std::regex_search(each.name, wanted); });
  return chosen;
}

std::atomic<bool> stop_requested = false;

// The first Ctrl-C waits for the end of the round, the second ends the program.
void listen_to_ctrl_c() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
}

void show_progress(const outcome& so_far) {
  if (::isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\033[K{} {:.1f} s, {} operations", so_far.name, so_far.seconds, so_far.done.operations);
}

void clear_progress() {
  if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
}

int cannot_write(const std::string& path) {
  fmt::print(stderr, "plait stress: cannot write {}: {}\n", path, std::strerror(errno));
  return exit_error;
}

int run(const options& chosen) {
  const std::vector<workload> workloads = selected(chosen.filter);
  if (workloads.empty()) {
    fmt::print(stderr, "plait stress: no workload matches '{}'; --list shows them all\n", chosen.filter);
    return exit_wrong;
  }
  if (chosen.list) {
    for (const workload& each : workloads) fmt::print("{}\n", each.name);
    return EXIT_SUCCESS;
  }
  // Opened before the work, not after it.
  std::ofstream json;
  if (!chosen.json.empty()) {
    json.open(chosen.json);
    if (!json) return cannot_write(chosen.json);
  }

  const stress::plan how{.seed = chosen.seed,
                         .threads = chosen.threads != 0 ? std::optional(chosen.threads) : std::nullopt,
                         .time = std::chrono::duration<double>(chosen.seconds),
                         .patience = std::chrono::duration<double>(chosen.patience)};
  std::vector<outcome> results;
  const auto add = [&](const outcome& result) {
    clear_progress();
    stress::print(stdout, result);
    std::fflush(stdout);
    results.push_back(result);
  };
  const auto finish = [&] {
    stress::print_total(stdout, results);
    std::fflush(stdout);
    if (json.is_open()) {
      json << stress::to_json(how, results).dump(2) << '\n';
      json.close();
      if (!json) return cannot_write(chosen.json);
    }
    const bool is_well =
        std::ranges::none_of(results, [](const outcome& each) { return each.failed.has_value(); });
    return !is_well ? exit_wrong : stop_requested ? exit_stopped : EXIT_SUCCESS;
  };
  const auto hang = [&](const outcome& result) {
    add(result);
    std::_Exit(finish());
  };

  listen_to_ctrl_c();
  for (const workload& each : workloads) {
    add(stress::run(each, how, {show_progress, [] { return stop_requested.load(); }, hang}));
    if (stop_requested) break;
  }
  return finish();
}

}  // namespace

int main(int argc, char** argv) {
  options chosen;
  chosen.seed = std::random_device()();
  CLI::App app(description, "plait stress");
  app.add_option("--filter", chosen.filter,
                 "Only workloads whose name matches this regular expression (ECMAScript)")
      ->type_name("RE");
  add_number(app, "--seconds", chosen.seconds, 0.001, 1e6, "How long each workload is repeated (3)");
  add_number(app, "--threads", chosen.threads, std::size_t{2}, std::size_t{1000},
             "How many threads are at work at once (2 to 8, drawn for each history)");
  add_number(app, "--seed", chosen.seed, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(),
             "What chance does (another seed each time); the first history has this one, the next the next");
  add_number(app, "--patience", chosen.patience, 0.001, 1e6,
             "After how many seconds without an end a history is said to hang (60)");
  app.add_option("--json", chosen.json, "Also write what was done there, for other programs")
      ->type_name("FILE");
  app.add_flag("--list", chosen.list, "Print the names and run nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : exit_error;
  }

  try {
    return run(chosen);
  } catch (const std::regex_error& error) {
    fmt::print(stderr, "plait stress: --filter '{}' is not a regular expression: {}\n", chosen.filter,
               error.what());
    return exit_error;
  } catch (const std::exception& error) {
    fmt::print(stderr, "plait stress: {}\n", error.what());
    return exit_error;
  }
}
