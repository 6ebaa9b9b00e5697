// SPDX-License-Identifier: MIT
// plait-stress: many threads use every structure, and their results are checked.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include <fmt/core.h>

#include "command_line/command_line.hpp"
#include "command_line/output.hpp"
#include "command_line/printable.hpp"
#include "stress/history_file.hpp"
#include "stress/report.hpp"
#include "stress/runner.hpp"

namespace {

using stress::outcome;
using stress::workload;

struct options {
  plait::cli::name_filter filter;
  bool list = false;
  std::string json;
  std::string export_to;
  double seconds = 0;  // 0: not given
  double patience = 60;
  std::optional<std::uint64_t> seed;
  std::size_t threads = 0;  // 0: not given
};

constexpr const char* footer =
    "Records what each thread did, was told and when, and checks that a correct structure\n"
    "can have said just that.\n"
    "Exit code: 0 all is well, 1 something is wrong (the seed and the smallest history that\n"
    "shows it are printed) or no workload matches, 2 an error, 130 stopped by Ctrl-C.\n"
    "\n"
    "Examples:\n"
    "  plait stress                                            everything, in about a minute\n"
    "  plait stress --filter bounded_queue --seconds 60        one structure, for longer\n"
    "  plait stress --filter '^counter/loads$' --seed 7 --threads 4   a failure, once more";

// For all workloads together, unless --seconds says how long each takes.
constexpr std::chrono::duration<double> time_for_all = std::chrono::minutes(1);

std::vector<workload> selected(const plait::cli::name_filter& filter) {
  std::vector<workload> chosen;
  std::ranges::copy_if(stress::all_workloads(), std::back_inserter(chosen),
                       [&](const workload& each) { return filter.matches(each.name); });
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

// What has been done, which is printed as it comes, and written to the file of --json at the end.
class results {
 public:
  explicit results(const options& chosen) : json_(chosen.json) {}

  std::size_t size() const noexcept { return all_.size(); }

  void add(const outcome& result) {
    clear_progress();
    stress::print(stdout, result);
    std::fflush(stdout);
    all_.push_back(result);
  }

  // Returns the exit code.
  int finish(const stress::plan& how) {
    stress::print_total(stdout, all_);
    std::fflush(stdout);
    stress::exported().close();
    json_.write(stress::to_json(how, all_).dump(2) + '\n');
    const bool is_well =
        std::ranges::none_of(all_, [](const outcome& each) { return each.failed.has_value(); });
    return !is_well         ? plait::cli::nothing_found
           : stop_requested ? plait::cli::stopped_by_user
                            : plait::cli::fine;
  }

 private:
  plait::cli::output json_;
  std::vector<outcome> all_;
};

int run_all(const std::vector<workload>& workloads, const options& chosen) {
  results done(chosen);
  if (!chosen.export_to.empty()) stress::exported().open(chosen.export_to);
  const std::chrono::duration<double> given(chosen.seconds);
  const auto began = std::chrono::steady_clock::now();
  const auto time_for_next = [&] {
    const auto left = time_for_all - (std::chrono::steady_clock::now() - began);
    return chosen.seconds != 0 ? given : stress::fair_share(left, workloads.size() - done.size());
  };
  const stress::plan how{.seed = chosen.seed.value_or(std::random_device()()),
                         .threads = chosen.threads != 0 ? std::optional(chosen.threads) : std::nullopt,
                         .time = time_for_next(),
                         .patience = std::chrono::duration<double>(chosen.patience)};
  const auto hang = [&](const outcome& result) {
    done.add(result);
    std::_Exit(done.finish(how));
  };

  listen_to_ctrl_c();
  for (const workload& each : workloads) {
    stress::plan now = how;
    now.time = time_for_next();
    done.add(stress::run(each, now, {show_progress, [] { return stop_requested.load(); }, hang}));
    if (stop_requested) break;
  }
  return done.finish(how);
}

int run(const options& chosen) {
  const std::vector<workload> workloads = selected(chosen.filter);
  if (workloads.empty()) {
    fmt::print(stderr, "plait stress: no workload matches '{}'; --list shows them all\n",
               plait::cli::printable(chosen.filter.text()));
    return plait::cli::nothing_found;
  }
  if (!chosen.list) return run_all(workloads, chosen);
  std::vector<std::string> names;
  std::ranges::transform(workloads, std::back_inserter(names), &workload::name);
  plait::cli::print_names(names);
  return plait::cli::fine;
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = plait::cli;
  options chosen;
  cli::command_line program("plait stress", "Use every structure from many threads, and check it", footer);
  chosen.filter.add_to(program, "workloads");
  program.add_flag("--list", chosen.list, "Print their names and run nothing");
  cli::add_number(program, "--seconds", chosen.seconds, 0.001, 1e6,
                  "How long each workload runs, to the end of a round\n"
                  "(3; less so that all take about a minute)");
  cli::add_number(program, "--threads", chosen.threads, std::size_t{2}, std::size_t{1000},
                  "How many are at work (2 to 8, drawn for each history)");
  cli::add_value(program, "--seed", "N", "Of the first history; the next takes the next (drawn)",
                 [&chosen](const std::string& text) {
                   return cli::parse_number(text, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(),
                                            chosen.seed.emplace());
                 });
  cli::add_number(program, "--patience", chosen.patience, 0.001, 1e6,
                  "Seconds after which a history is said to hang (60)");
  cli::add_text(program, "--json", "FILE", chosen.json, "Also write what was done there, for other programs");
  cli::add_text(program, "--export", "FILE", chosen.export_to,
                "Also write every history it judges there, as JSON lines");
  return program.run(argc, argv, [&chosen] { return run(chosen); });
}
