// SPDX-License-Identifier: MIT
#include "replay/report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command_line/grouped.hpp"
#include "command_line/printable.hpp"

namespace plait::cli {
namespace {

constexpr int name_width = 18;

const std::string& label_of(const std::string& policy) {
  return std::ranges::find(policy_kinds(), policy, &policy_kind::name)->label;
}

// The policies that have runs, in the order of the first trace.
std::vector<std::string> policies_of(const replayed_trace& of) {
  std::vector<std::string> names;
  for (const replay_run& run : of.runs)
    if (std::ranges::find(names, run.policy) == names.end()) names.push_back(run.policy);
  return names;
}

void append_trace(std::string& text, const replayed_trace& of) {
  text += fmt::format("{}: {} requests, {} keys ({})\n", printable(of.name), grouped(of.requests),
                      grouped(of.keys), of.format);
  std::vector<std::size_t> widths;
  text += fmt::format("{:{}}", of.capacity_unit == unit::bytes ? "hits in % with bytes" : "hits in % with",
                      name_width);
  for (const std::uint64_t capacity : of.capacities) {
    const std::string column = grouped(capacity);
    widths.push_back(std::max<std::size_t>(column.size(), 6) + 2);
    text += fmt::format("{:>{}}", column, widths.back());
  }
  text += "   M/s\n";
  for (const std::string& policy : policies_of(of)) {
    text += fmt::format("{:{}}", label_of(policy), name_width);
    double requests = 0, seconds = 0;
    for (std::size_t i = 0; i != of.capacities.size(); ++i) {
      const replay_run* const run = of.find(policy, of.capacities[i]);
      if (run == nullptr) {
        text += fmt::format("{:>{}}", "-", widths[i]);
        continue;
      }
      text += fmt::format("{:{}.2f}", 100 * run->hit_ratio(), widths[i]);
      requests += static_cast<double>(run->requests);
      seconds += run->seconds;
    }
    text += fmt::format("{:6.1f}\n", seconds > 0 ? requests / seconds / 1e6 : 0);
  }
  text += '\n';
}

// Over all traces and capacities that every policy was run with.
void append_means(std::string& text, const std::vector<replayed_trace>& traces) {
  const std::vector<std::string> policies = policies_of(traces.front());
  std::vector<double> sums(policies.size()), worst(policies.size());
  std::size_t cells = 0;
  for (const replayed_trace& of : traces) {
    for (const std::uint64_t capacity : of.capacities) {
      std::vector<double> ratios;
      for (const std::string& policy : policies)
        if (const replay_run* const run = of.find(policy, capacity)) ratios.push_back(100 * run->hit_ratio());
      if (ratios.size() != policies.size()) continue;
      ++cells;
      const double best = std::ranges::max(ratios);
      for (std::size_t i = 0; i != policies.size(); ++i) {
        sums[i] += ratios[i];
        worst[i] = std::max(worst[i], best - ratios[i]);
      }
    }
  }
  if (cells == 0) return;
  text += fmt::format("{:{}}{:>8}{:>38}\n", fmt::format("all {} columns", cells), name_width, "mean",
                      "at most behind its best, in points");
  for (std::size_t i = 0; i != policies.size(); ++i)
    text += fmt::format("{:{}}{:8.2f}{:38.2f}\n", label_of(policies[i]), name_width,
                        sums[i] / static_cast<double>(cells), worst[i]);
}

}  // namespace

const replay_run* replayed_trace::find(const std::string& policy, std::uint64_t capacity) const {
  const auto found = std::ranges::find_if(
      runs, [&](const replay_run& run) { return run.policy == policy && run.capacity == capacity; });
  return found == runs.end() ? nullptr : &*found;
}

std::string replay_table(const std::vector<replayed_trace>& traces) {
  std::string text;
  for (const replayed_trace& each : traces) append_trace(text, each);
  if (traces.size() > 1) append_means(text, traces);
  return text;
}

std::string replay_json(const std::vector<replayed_trace>& traces) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const replayed_trace& each : traces) {
    for (const replay_run& run : each.runs)
      runs.push_back({{"trace", run.trace},
                      {"policy", run.policy},
                      {"capacity", run.capacity},
                      {"requests", run.requests},
                      {"hits", run.hits},
                      {"hit_ratio", run.hit_ratio()},
                      {"seconds", run.seconds}});
  }
  const nlohmann::ordered_json document{{"schema_version", 1}, {"runs", std::move(runs)}};
  // A file's name may be no UTF-8.
  return document.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace plait::cli
