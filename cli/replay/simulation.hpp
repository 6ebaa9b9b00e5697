// SPDX-License-Identifier: MIT
// A trace through a cache of one policy and capacity: how many requests it would have served.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "replay/trace.hpp"

namespace plait::cli {

enum class unit { entries, bytes };  // what a capacity counts

struct replay_run {
  std::string trace;
  std::string policy;
  std::uint64_t capacity = 0;
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  double seconds = 0;

  double hit_ratio() const {
    return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests);
  }
};

// Is told now and then how many requests are done; what it throws ends the run.
using run_watch = std::function<void(std::size_t done)>;

struct policy_kind {
  std::string name;
  std::string label;  // for people
  replay_run (*run)(const trace& of, std::uint64_t capacity, unit in, const run_watch& watch);
};

// plait's first.
const std::vector<policy_kind>& policy_kinds();

}  // namespace plait::cli
