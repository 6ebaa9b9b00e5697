// SPDX-License-Identifier: MIT
// The page of plait bench --html, as text. bench/page/check_page.py looks at it in a browser.
#include "support/page.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using json = nlohmann::ordered_json;

json results(const std::string& name = "a_queue/pair/1T/plait") {
  json row = {{"run_name", name},           {"run_type", "aggregate"}, {"judged_by", "items_per_second"},
              {"aggregate_name", "median"}, {"cpu_time", 1},           {"real_time", 1},
              {"items_per_second", 12345},  {"repetitions", 1},        {"voluntary_switches_per_item", 0}};
  json each = row;
  each["run_type"] = "iteration";
  each.erase("aggregate_name");
  return {{"context", {{"cpu", "a processor"}}}, {"benchmarks", {row, each}}};
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++found;
  return found;
}

// The data as the script of the page reads it.
json data_of(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  const std::size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(page, has_what_was_measured_without_the_single_repetitions) {
  const json data = data_of(bench::page(results()));
  EXPECT_EQ(data["context"]["cpu"], "a processor");
  ASSERT_EQ(data["benchmarks"].size(), 1u);
  EXPECT_EQ(data["benchmarks"][0]["items_per_second"], 12345);
  EXPECT_NE(data["workloads"].get<std::string>().find("\n## bounded_queue\n"), std::string::npos);
}

TEST(page, is_complete_and_names_no_other_file) {
  const std::string page = bench::page(results(), "/* the library */");
  EXPECT_EQ(count(page, "/* the library */"), 1u);
  EXPECT_EQ(count(page, "@DATA@") + count(page, "@STYLE@") + count(page, "@CHART@") + count(page, "@SCRIPT@"),
            0u);
  for (const char* reference : {" src=", "href=\"", "url(", "@import", "fetch("})
    EXPECT_EQ(count(page, reference), 0u) << reference;
  EXPECT_EQ(page.substr(page.size() - 8), "</html>\n");
}

TEST(page, nothing_in_the_data_or_in_the_library_can_end_a_script) {
  const std::string hostile = "</script><script>alert(1)</script><!--<script>@SCRIPT@\xff";
  json with = results("a_queue/<b>/1T/plait");
  with["context"]["cpu"] = hostile;
  const std::string page = bench::page(with);
  EXPECT_EQ(count(page, "</script"), count(bench::page(results(), ""), "</script"));
  EXPECT_EQ(count(page, "alert(1)"), 1u);
  const std::string cpu = data_of(page)["context"]["cpu"];
  EXPECT_EQ(cpu.substr(0, hostile.size() - 1), hostile.substr(0, hostile.size() - 1));
}

TEST(page, what_bench_did_not_write_is_refused_with_the_reason) {
  const auto refusal = [](const json& what) -> std::string {
    try {
      bench::page(what);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(refusal(json::array()).find("no 'context'"), std::string::npos);
  EXPECT_NE(refusal({{"context", json::object()}}).find("no 'benchmarks'"), std::string::npos);
  EXPECT_NE(refusal({{"context", json::object()}, {"benchmarks", {7}}}).find("is no object"),
            std::string::npos);
  EXPECT_NE(refusal({{"context", json::object()}, {"benchmarks", json::array()}}).find("no results"),
            std::string::npos);
  EXPECT_NE(refusal(results("BM_one/64")).find("'BM_one/64' is not structure/"), std::string::npos);
  for (const char* key : {"run_name", "judged_by", "aggregate_name", "items_per_second", "cpu_time"}) {
    json without = results();
    without["benchmarks"][0].erase(key);
    EXPECT_NE(refusal(without).find("'" + std::string(key) + "'"), std::string::npos) << key;
  }
}

}  // namespace
