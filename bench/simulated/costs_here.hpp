// SPDX-License-Identifier: MIT
// What the steps cost on this machine, measured on two of its processors: for a comparison of simulated figures
// with real ones.
#pragma once

#include <simulate/costs.hpp>

namespace simulated {

// Throws std::runtime_error if there are no two processors.
simulate::costs costs_here();

}  // namespace simulated
