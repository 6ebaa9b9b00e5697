// SPDX-License-Identifier: MIT
// Zipf's law: what comes second comes half as often as the first, and so on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace bench {

// Yields ranks below `ranks`, each in proportion to 1 / (rank + 1)^exponent: the same in every run and on every
// machine.
class zipf_ranks {
 public:
  zipf_ranks(std::size_t ranks, std::size_t seed, double exponent = 1) : random_(seed) {
    double sum = 0;
    for (std::size_t rank = 0; rank != ranks; ++rank)
      up_to_rank_.push_back(sum += 1 / std::pow(static_cast<double>(rank + 1), exponent));
  }

  std::size_t next() {
    // The generator is the same everywhere; the standard's distributions are not.
    const double at = static_cast<double>(random_() >> 11) * 0x1p-53 * up_to_rank_.back();
    return static_cast<std::size_t>(std::ranges::upper_bound(up_to_rank_, at) - up_to_rank_.begin());
  }

 private:
  std::mt19937_64 random_;
  std::vector<double> up_to_rank_;
};

}  // namespace bench
