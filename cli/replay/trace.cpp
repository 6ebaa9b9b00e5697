// SPDX-License-Identifier: MIT
#include "replay/trace.hpp"

#include <numeric>

namespace plait::cli {

std::uint64_t trace::bytes() const {
  return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
}

}  // namespace plait::cli
