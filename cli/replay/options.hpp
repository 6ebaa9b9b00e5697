// SPDX-License-Identifier: MIT
// What the command line of `plait replay` can say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "count/options.hpp"
#include "replay/formats.hpp"
#include "replay/simulation.hpp"

namespace CLI {
class App;
}

namespace plait::cli {

// A number of units, or a part of all that a trace asks for.
struct wanted_capacity {
  std::uint64_t units = 0;
  double percent = 0;  // if units is 0

  // At least 1.
  std::uint64_t of(const trace& replayed, unit in) const;
};

struct replay_options {
  std::vector<std::string> traces;  // "-" is standard input
  std::optional<trace_format> format;
  std::vector<wanted_capacity> capacities{{0, 1}, {0, 5}, {0, 10}, {0, 25}};
  std::vector<policy_kind> policies = policy_kinds();
  unit capacity_unit = unit::entries;
  std::string json;  // a file, "-" or none
  std::string svg;   // a file or none
  bool quiet = false;
  when progress = when::automatic;
};

// Parsing `command` then fills in `options`, whose values now are the defaults.
void add_options(CLI::App& command, replay_options& options);

}  // namespace plait::cli
