// SPDX-License-Identifier: MIT
// The output of `plait stress`: a line for each workload and one for all, for people; the same as JSON.
#pragma once

#include <cstdio>
#include <vector>

#include <nlohmann/json.hpp>

#include "stress/runner.hpp"

namespace stress {

// Prints the result of one workload; if it failed, also the fault and how to repeat it.
void print(std::FILE* to, const outcome& result);
void print_total(std::FILE* to, const std::vector<outcome>& results);

nlohmann::ordered_json to_json(const plan& how, const std::vector<outcome>& results);

}  // namespace stress
