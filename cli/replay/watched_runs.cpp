// SPDX-License-Identifier: MIT
#include "replay/watched_runs.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "command_line/printable.hpp"
#include "count/interruption.hpp"
#include "count/paths.hpp"
#include "count/progress.hpp"
#include "replay/read_trace.hpp"

namespace plait::cli {

watched_runs::watched_runs(const replay_options& options, messages& out, replayed_trace& result)
    : options_(options),
      messages_(out),
      result_(result),
      shows_progress_(wants_progress(options.progress, options.quiet)) {}

watched_runs::~watched_runs() {
  messages_.show_progress("");
}

void watched_runs::replay(const std::string& name) {
  show(0, fmt::format("reading {}", name));
  const trace replayed = read_trace(name, options_.format);
  if (options_.capacity_unit == unit::bytes && replayed.sizes.empty())
    throw input_error(
        fmt::format("--bytes needs sizes, and a trace of the format {} has none", replayed.format));

  result_.name = name;
  result_.format = replayed.format;
  result_.requests = replayed.keys.size();
  result_.keys = replayed.distinct;
  result_.capacity_unit = options_.capacity_unit;
  for (const wanted_capacity& each : options_.capacities)
    result_.capacities.push_back(each.of(replayed, options_.capacity_unit));
  std::ranges::sort(result_.capacities);
  const auto repeated = std::ranges::unique(result_.capacities);
  result_.capacities.erase(repeated.begin(), repeated.end());

  const std::size_t all = options_.policies.size() * result_.capacities.size();
  for (const policy_kind& policy : options_.policies) {
    for (const std::uint64_t capacity : result_.capacities) {
      const auto watch = [&](std::size_t done) {
        if (interruption::requested()) throw interrupted{};
        const double part = static_cast<double>(done) / static_cast<double>(replayed.keys.size());
        show((static_cast<double>(result_.runs.size()) + part) / static_cast<double>(all),
             fmt::format("{}: {}", name, policy.label));
      };
      replay_run run = policy.run(replayed, capacity, options_.capacity_unit, watch);
      run.policy = policy.name;
      result_.runs.push_back(std::move(run));
    }
  }
}

void watched_runs::show(double share, const std::string& what) {
  const auto now = std::chrono::steady_clock::now();
  if (!shows_progress_ || now - shown_ < progress_interval) return;
  shown_ = now;
  messages_.show_progress(
      cut_to(terminal_columns(), fmt::format("{}  {}", share_done(share), printable(what))));
}

}  // namespace plait::cli
