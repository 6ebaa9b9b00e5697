// SPDX-License-Identifier: MIT
// Reports the measurements: a table for people, and JSON in the format of Google Benchmark.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "suite.hpp"

namespace bench {

struct result {
  benchmark what;
  std::vector<measurement> repetitions;
};

// Prints the results of one group, all of the same structure, workload and shape.
void print_group(std::FILE* out, const std::vector<result>& group);

nlohmann::ordered_json to_json(const nlohmann::ordered_json& context, const std::vector<result>& results);

}  // namespace bench
