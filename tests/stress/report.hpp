// SPDX-License-Identifier: MIT
// What `plait stress` says: a line for each workload and one for all, for people; the same as JSON.
#pragma once

#include <cstdio>
#include <vector>

#include <nlohmann/json.hpp>

#include "stress/runner.hpp"

namespace stress {

// Prints how one workload went; if it failed, also what was wrong and how to see it again.
void print(std::FILE* to, const outcome& result);
void print_total(std::FILE* to, const std::vector<outcome>& results);

nlohmann::ordered_json to_json(const plan& how, const std::vector<outcome>& results);

}  // namespace stress
