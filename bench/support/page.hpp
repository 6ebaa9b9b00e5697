// SPDX-License-Identifier: MIT
// The results as one HTML page that needs nothing else: no network, no other file.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "support/embedded.hpp"

namespace bench {

// `results` is what to_json() returns, or was read from a file that plait bench --json wrote; throws
// std::invalid_argument if it is something else. `charts` is the text of Chart.js; without it the page has
// tables only.
std::string page(const nlohmann::ordered_json& results, std::string_view charts = embedded::charts);

}  // namespace bench
