// SPDX-License-Identifier: MIT
// The figures of the model tests, for tools/proof: one line of JSON for each search, appended to the file that
// VERIFY_FIGURES names in the environment.
//
//   {"program":"bounded_queue","suite":"bounded_queue_model","scenario":"push_and_pop","kind":"explore",
//    "executions":900,"cut_short":70,"random":100,"priorities":200,"depth_first":600,
//    "complete_preemptions":2,"plain_preemptions":2,"complete":true,"passed":true}
//   {"program":"bounded_queue","suite":"bounded_queue_orders","scenario":"every_order_of_the_ring_is_needed",
//    "kind":"weaken_orders","file":"lap_ring.hpp","sites":20,"mutants":50,"killed":50,"explained":0,
//    "passed":true}
//
// kind: explore, freeze, fail_allocations, litmus, seeded, known_bug, known_bug_mended, weaken_orders.
// `executions` is the sum of the three strategies; `cut_short` counts those abandoned because they would have
// repeated another one; the rest is as in verify::report.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <verify/mutation.hpp>
#include <verify/scenario.hpp>

namespace model::figures {

// The fields that every line begins with. Names are those of tests and scenarios: nothing in them is escaped.
inline std::string opening(std::string_view kind, std::string_view scenario) {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  const std::string path = test.file();
  const std::string file = path.substr(path.find_last_of('/') + 1);
  const std::string suite = test.test_suite_name();
  std::ostringstream line;
  line << R"({"program":")" << file.substr(0, file.find('.')) << R"(","suite":")"
       << suite.substr(suite.find('/') + 1) << R"(","scenario":")"
       << (scenario.empty() ? std::string_view(test.name()) : scenario) << R"(","kind":")" << kind << '"';
  return line.str();
}

inline void append(const std::string& line) {
  if (const char* const file = std::getenv("VERIFY_FIGURES")) std::ofstream(file, std::ios::app) << line;
}

// A search of one scenario, named after the test if it has no name of its own. `passed`: the result is the one
// that the test expects.
inline void add(std::string_view kind, const verify::report& found, bool passed,
                std::string_view scenario = {}) {
  std::ostringstream line;
  line << std::boolalpha << opening(kind, scenario) << R"(,"executions":)" << found.executions
       << R"(,"cut_short":)" << found.cut_short << R"(,"random":)" << found.random << R"(,"priorities":)"
       << found.priorities << R"(,"depth_first":)" << found.depth_first << R"(,"complete_preemptions":)"
       << found.complete_preemptions << R"(,"plain_preemptions":)" << found.plain_preemptions
       << R"(,"complete":)" << found.complete << R"(,"passed":)" << passed << "}\n";
  append(line.str());
}

// The mutants of the orders in one file; `explained` of them survive for a reason that the test gives.
inline void add(const verify::mutation_report& found, std::string_view file, std::size_t explained) {
  std::ostringstream line;
  line << std::boolalpha << opening("weaken_orders", {}) << R"(,"file":")" << file << R"(","sites":)"
       << found.sites << R"(,"mutants":)" << found.mutants.size() << R"(,"killed":)" << found.killed()
       << R"(,"explained":)" << explained << R"(,"passed":)"
       << (found.killed() + explained == found.mutants.size()) << "}\n";
  append(line.str());
}

}  // namespace model::figures
