// SPDX-License-Identifier: MIT
#include "support/page.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace bench {
namespace {

using json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("this is not what plait bench --json writes: " + why);
}

// What the script of the page reads of a row.
void check(const json& row) {
  if (!row.is_object()) refuse("a row of 'benchmarks' is no object");
  for (const char* key : {"run_name", "judged_by", "aggregate_name"})
    if (!row.contains(key) || !row[key].is_string()) refuse(fmt::format("a row has no '{}'", key));
  const auto& name = row["run_name"].get_ref<const std::string&>();
  if (std::ranges::count(name, '/') != 3)
    refuse(fmt::format("'{}' is not structure/workload/shape/implementation", name));
  const auto& judged_by = row["judged_by"].get_ref<const std::string&>();
  for (const std::string& key :
       {judged_by, std::string("cpu_time"), std::string("voluntary_switches_per_item")})
    if (!row.contains(key) || !row[key].is_number()) refuse(fmt::format("{} has no figure '{}'", name, key));
}

// The medians, smallest and largest figures, which are all that is shown.
json aggregates(const json& results) {
  if (!results.is_object() || !results.contains("context") || !results["context"].is_object())
    refuse("it has no 'context'");
  if (!results.contains("benchmarks") || !results["benchmarks"].is_array()) refuse("it has no 'benchmarks'");
  json rows = json::array();
  for (const json& row : results["benchmarks"]) {
    if (row.is_object() && row.value("run_type", "") == "iteration") continue;
    check(row);
    rows.push_back(row);
  }
  if (rows.empty()) refuse("it has no results");
  return rows;
}

// JSON within a script element: < occurs in strings only, where this means the same, and no markup can begin.
std::string within_script(const json& data) {
  std::string text = data.dump(-1, ' ', false, json::error_handler_t::replace);
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) text.replace(at, 1, "\\u003c");
  return text;
}

}  // namespace

std::string page(const json& results, std::string_view charts) {
  const json rows = aggregates(results);  // throws
  const std::string data = within_script(
      {{"context", results["context"]}, {"benchmarks", rows}, {"workloads", embedded::workloads}});
  const std::array<std::pair<std::string_view, std::string_view>, 4> parts = {
      {{"@STYLE@", embedded::page_style},
       {"@DATA@", data},
       {"@CHART@", charts},
       {"@SCRIPT@", embedded::page_script}}};
  std::string text;
  std::string_view rest = embedded::page_frame;
  for (const auto& [mark, part] : parts) {  // in the order in which the frame has them
    const std::size_t at = rest.find(mark);
    text.append(rest.substr(0, at)).append(part);
    rest.remove_prefix(at + mark.size());
  }
  return text.append(rest);
}

}  // namespace bench
