// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include <fmt/core.h>

namespace bench {
namespace {

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

using figure = std::function<double(const measurement&)>;

std::vector<double> each(const result& of, const figure& what) {
  std::vector<double> values;
  std::ranges::transform(of.repetitions, std::back_inserter(values), what);
  return values;
}

double items_per_second(const measurement& m) {
  return m.items / m.seconds;
}
double nanoseconds_per_item(const measurement& m) {
  return m.seconds * 1e9 / m.items;
}
double cpu_nanoseconds_per_item(const measurement& m) {
  return m.used.cpu_seconds * 1e9 / m.items;
}
double switches_per_item(const measurement& m) {
  return m.used.voluntary_switches / m.items;
}
double futex_calls_per_item(const measurement& m) {
  return m.used.futex_calls / m.items;
}

figure extra(std::size_t index) {
  return [index](const measurement& m) { return m.extra[index].value; };
}

// The figure of a workload that is judged by it.
double p99(const measurement& m) {
  return std::ranges::find(m.extra, "p99_us", &extra_figure::name)->value;
}

// How a workload's headline is computed and written.
struct column {
  figure value;
  double scale;
  const char* unit;
  bool more_is_better;
};

column column_of(headline what) {
  switch (what) {
    case headline::items_per_second:
      return {items_per_second, 1e-6, "M/s", true};
    case headline::time_per_item:
      return {nanoseconds_per_item, 1, "ns", false};
    case headline::p99:
      return {p99, 1, "us", false};
    case headline::cpu_seconds:
      return {[](const measurement& m) { return m.used.cpu_seconds; }, 1e3, "CPU ms", false};
  }
  return {};
}

// The figure of a row that is the headline.
const char* name_of(headline what) {
  switch (what) {
    case headline::items_per_second:
      return "items_per_second";
    case headline::time_per_item:
      return "real_time";
    case headline::p99:
      return "p99_us";
    case headline::cpu_seconds:
      return "cpu_time";
  }
  return "";
}

bool is_ours(const result& of) {
  return of.what.implementation.starts_with("plait");
}

using row = nlohmann::ordered_json;

// With as many decimals as are significant.
std::string readable(double value) {
  const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}
// A figure of a workload's own may be a ratio as well as a number of bytes.
std::string readable_extra(double value) {
  return value < 1000 ? fmt::format("{:.4g}", value) : fmt::format("{:.0f}", value);
}

row row_of(const result& of, const std::string& kind) {
  return {{"name", of.what.name()},     {"run_name", of.what.name()},
          {"run_type", kind},           {"repetitions", of.repetitions.size()},
          {"threads", of.what.threads}, {"judged_by", name_of(of.what.judged_by)}};
}

row iteration_row(const result& of, std::size_t index) {
  row r = row_of(of, "iteration");
  r["repetition_index"] = index;
  r["iterations"] = static_cast<std::int64_t>(of.repetitions[index].items);
  return r;
}

row aggregate_row(const result& of, const std::string& name) {
  row r = row_of(of, "aggregate");
  r["name"] = of.what.name() + '_' + name;
  r["aggregate_name"] = name;
  r["aggregate_unit"] = "time";
  r["iterations"] = of.repetitions.size();
  return r;
}

// Adds the figures of `of`, each one reduced from those of its repetitions.
void add_figures(row& r, const result& of, const std::function<double(const std::vector<double>&)>& reduce) {
  r["real_time"] = reduce(each(of, nanoseconds_per_item));
  r["cpu_time"] = reduce(each(of, cpu_nanoseconds_per_item));
  r["time_unit"] = "ns";
  r["items_per_second"] = reduce(each(of, items_per_second));
  if (!of.what.is_other_program()) r["voluntary_switches_per_item"] = reduce(each(of, switches_per_item));
  if (is_ours(of)) r["futex_calls_per_item"] = reduce(each(of, futex_calls_per_item));
  for (std::size_t i = 0; i != of.repetitions.front().extra.size(); ++i)
    r[of.repetitions.front().extra[i].name] = reduce(each(of, extra(i)));
}

}  // namespace

void print_group(std::FILE* out, const std::vector<result>& group) {
  const column shown = column_of(group.front().what.judged_by);
  const auto ours = std::ranges::find(group, "plait", [](const result& r) { return r.what.implementation; });
  const auto middle = [&](const result& of) { return median(each(of, shown.value)); };
  const auto ratio = [&](const result& of) {
    return shown.more_is_better ? middle(*ours) / middle(of) : middle(of) / middle(*ours);
  };

  fmt::print(out, "{}\n  {:<24}{:>16}{:>9}{:>9}{:>10}{:>13}{:>13}{:>13}", group.front().what.group(), "",
             fmt::format("median {}", shown.unit), "min", "max", "plait is", "CPU ns/item", "sleeps/item",
             "futex/item");
  for (const extra_figure& each : group.front().repetitions.front().extra)
    fmt::print(out, "  {:>7}", each.name);
  fmt::print(out, "\n");

  for (const result& of : group) {
    const std::vector<double> values = each(of, shown.value);
    fmt::print(out, "  {:<24}{:>16}{:>9}{:>9}{:>10}{:>13}{:>13}{:>13}", of.what.implementation,
               readable(median(values) * shown.scale), readable(std::ranges::min(values) * shown.scale),
               readable(std::ranges::max(values) * shown.scale),
               ours != group.end() && &*ours != &of ? readable(ratio(of)) + 'x' : "",
               readable(median(each(of, cpu_nanoseconds_per_item))),
               of.what.is_other_program() ? "" : fmt::format("{:.2g}", median(each(of, switches_per_item))),
               is_ours(of) ? fmt::format("{:.2g}", median(each(of, futex_calls_per_item))) : "");
    for (std::size_t i = 0; i != of.repetitions.front().extra.size(); ++i) {
      const auto& [name, value, shown_as] = of.repetitions.front().extra[i];
      const std::vector<double> all = each(of, extra(i));
      fmt::print(out, "  {:>{}}",
                 readable_extra(shown_as == spread::typical ? median(all) : std::ranges::max(all)),
                 std::max<std::size_t>(name.size(), 7));
    }
    fmt::print(out, "\n");
  }
  fmt::print(out, "\n");
  std::fflush(out);
}

nlohmann::ordered_json to_json(const nlohmann::ordered_json& context, const std::vector<result>& results) {
  const std::vector<std::pair<std::string, std::function<double(const std::vector<double>&)>>> aggregates = {
      {"median", median},
      {"min", [](const std::vector<double>& values) { return std::ranges::min(values); }},
      {"max", [](const std::vector<double>& values) { return std::ranges::max(values); }}};

  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const result& of : results) {
    for (std::size_t i = 0; i != of.repetitions.size(); ++i) {
      row r = iteration_row(of, i);
      add_figures(r, of, [i](const std::vector<double>& values) { return values[i]; });
      rows.push_back(std::move(r));
    }
    for (const auto& [name, reduce] : aggregates) {
      row r = aggregate_row(of, name);
      add_figures(r, of, reduce);
      rows.push_back(std::move(r));
    }
  }
  return {{"context", context}, {"benchmarks", rows}};
}

}  // namespace bench
