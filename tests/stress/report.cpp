// SPDX-License-Identifier: MIT
#include "stress/report.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

#include <fmt/format.h>

namespace stress {
namespace {

constexpr const char* green = "\033[32m";
constexpr const char* red = "\033[31m";

// In colour, on a terminal that can show it and where NO_COLOR does not forbid it.
std::string coloured(std::FILE* to, const char* colour, std::string_view word) {
  const auto environment = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  const bool wanted =
      ::isatty(::fileno(to)) != 0 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return wanted ? fmt::format("{}{}\033[0m", colour, word) : std::string(word);
}

std::string again(const outcome& result) {
  return fmt::format("plait stress --filter '^{}$' --seed {} --threads {}", result.name, result.failed->seed,
                     result.failed->threads);
}

std::uint64_t failures(const std::vector<outcome>& results) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(results, [](const outcome& each) { return each.failed.has_value(); }));
}

outcome sum(const std::vector<outcome>& results) {
  outcome all;
  for (const outcome& each : results) {
    all.done += each.done;
    all.seconds += each.seconds;
  }
  return all;
}

}  // namespace

void print(std::FILE* to, const outcome& result) {
  fmt::print(to, "{:<42} {:>10} operations {:>7} histories {:>6.1f} s  {}\n", result.name,
             result.done.operations, result.done.histories, result.seconds,
             result.failed ? coloured(to, red, "FAILED") : coloured(to, green, "ok"));
  if (!result.failed) return;
  fmt::print(to, "\nseed {}, {} threads: {}\n", result.failed->seed, result.failed->threads, result.fault);
  fmt::print(to, "To try the same again: {}\n\n", again(result));
}

void print_total(std::FILE* to, const std::vector<outcome>& results) {
  const outcome all = sum(results);
  fmt::print(to, "{} workloads, {} failed: {} operations in {} histories, {:.1f} s\n", results.size(),
             failures(results), all.done.operations, all.done.histories, all.seconds);
}

nlohmann::ordered_json to_json(const plan& how, const std::vector<outcome>& results) {
  nlohmann::ordered_json workloads = nlohmann::ordered_json::array();
  for (const outcome& each : results) {
    nlohmann::ordered_json row{{"name", each.name},
                               {"operations", each.done.operations},
                               {"histories", each.done.histories},
                               {"seconds", each.seconds},
                               {"ok", !each.failed}};
    if (each.failed) {
      row["seed"] = each.failed->seed;
      row["threads"] = each.failed->threads;
      row["fault"] = each.fault;
      row["again"] = again(each);
    }
    workloads.push_back(std::move(row));
  }
  const outcome all = sum(results);
  return {{"schema_version", 1},
          {"seed", how.seed},
          {"seconds_each", how.time.count()},
          {"operations", all.done.operations},
          {"histories", all.done.histories},
          {"seconds", all.seconds},
          {"failed", failures(results)},
          {"workloads", std::move(workloads)}};
}

}  // namespace stress
