// SPDX-License-Identifier: MIT
#include "replay/options.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include <fmt/format.h>

#include "command_line/command_line.hpp"

namespace plait::cli {
namespace {

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (const auto part : std::views::split(text, ',')) parts.emplace_back(part.begin(), part.end());
  return parts;
}

// Returns what is wrong.
std::string parse_capacity(const std::string& text, wanted_capacity& capacity) {
  if (!text.ends_with('%')) return parse_number(text, std::uint64_t{1}, std::uint64_t{1} << 60, capacity.units);
  return parse_number(text.substr(0, text.size() - 1), 0.0001, 100.0, capacity.percent);
}

std::string parse_capacities(const std::string& text, std::vector<wanted_capacity>& capacities) {
  capacities.clear();
  for (const std::string& part : split_at_commas(text)) {
    const std::string wrong = parse_capacity(part, capacities.emplace_back());
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string parse_policies(const std::string& text, std::vector<policy_kind>& policies) {
  policies.clear();
  for (const std::string& part : split_at_commas(text)) {
    const auto found = std::ranges::find(policy_kinds(), part, &policy_kind::name);
    if (found == policy_kinds().end()) {
      std::string names;
      for (const policy_kind& each : policy_kinds()) names += (names.empty() ? "" : ", ") + each.name;
      return fmt::format("'{}' is none of: {}", part, names);
    }
    policies.push_back(*found);
  }
  return {};
}

std::string parse_format(const std::string& text, std::optional<trace_format>& format) {
  std::string names = "auto";
  format.reset();
  if (text == "auto") return {};
  for (const auto& [name, each] : trace_formats()) {
    if (name == text) {
      format = each;
      return {};
    }
    names += ", " + name;
  }
  return fmt::format("'{}' is none of: {}", text, names);
}

}  // namespace

std::uint64_t wanted_capacity::of(const trace& replayed, unit in) const {
  if (units != 0) return units;
  const double all = static_cast<double>(in == unit::bytes ? replayed.bytes() : replayed.distinct);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(all * percent / 100)));
}

void add_options(CLI::App& command, replay_options& options) {
  add_operands(command, "TRACE", options.traces, true);
  add_list(command, "--capacity", "N, or P% of all keys, ... (1%,5%,10%,25%)",
           [&options](const std::string& text) { return parse_capacities(text, options.capacities); });
  add_list(command, "--policy", "Of plait,lru,fifo,sieve,s3_fifo,arc,w_tinylfu,\nw_tinylfu_climber (all)",
           [&options](const std::string& text) { return parse_policies(text, options.policies); });
  add_value(command, "--format", "NAME", "integers, arc, sized, int32, int64, oracle_general\n(default: auto)",
            [&options](const std::string& text) { return parse_format(text, options.format); });
  command.add_flag_callback(
      "--bytes", [&options] { options.capacity_unit = unit::bytes; },
      "Capacities in bytes, of traces with sizes");
  add_text(command, "--json", "FILE|-", options.json, "Write JSON; - is standard output, without table");
  add_text(command, "--svg", "FILE", options.svg, "Draw hit ratio over capacity");
  add_choice(command, "--progress", "WHEN", options.progress,
             {{"auto", when::automatic}, {"always", when::always}, {"never", when::never}},
             "auto (on a terminal), always or never");
  command.add_flag("-q,--quiet", options.quiet, "Only results and errors");
}

}  // namespace plait::cli
