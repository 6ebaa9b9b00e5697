// SPDX-License-Identifier: MIT
// What `plait replay` prints, and the files it writes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/simulation.hpp"

namespace plait::cli {

struct replayed_trace {
  std::string name;
  std::string format;
  std::size_t requests = 0;
  std::size_t keys = 0;
  unit capacity_unit = unit::entries;
  std::vector<std::uint64_t> capacities;
  std::vector<replay_run> runs;  // fewer than there are policies and capacities if Ctrl-C came

  const replay_run* find(const std::string& policy, std::uint64_t capacity) const;
};

// A row for each policy, a column for each capacity; of several traces, also the means.
std::string replay_table(const std::vector<replayed_trace>& traces);
std::string replay_json(const std::vector<replayed_trace>& traces);

// The curves of hit ratio over capacity, a panel for each trace.
std::string replay_svg(const std::vector<replayed_trace>& traces);

}  // namespace plait::cli
