// SPDX-License-Identifier: MIT
// Scenarios of what uses the process-wide fence, which not every system has.
#pragma once

#include <span>
#include <vector>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

namespace model {

// The same scenarios also without membarrier, where both sides execute fences.
inline std::vector<verify::scenario> with_and_without_membarrier(std::span<const verify::scenario> scenarios) {
  std::vector<verify::scenario> all;
  for (const bool has_membarrier : {true, false}) {
    for (const verify::scenario& each : scenarios) {
      all.push_back(each);
      if (!has_membarrier) all.back().name += "_without_membarrier";
      all.back().body = [body = each.body, has_membarrier] {
        verify::sync::has_process_wide_fence = has_membarrier;
        body();
      };
    }
  }
  return all;
}

}  // namespace model
