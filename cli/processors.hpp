// SPDX-License-Identifier: MIT
// How many threads are worth starting.
#pragma once

namespace plait::cli {

// How many processors this process may use, at least 1. taskset and containers may allow fewer than there are.
unsigned processors();

}  // namespace plait::cli
