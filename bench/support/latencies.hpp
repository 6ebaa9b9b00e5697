// SPDX-License-Identifier: MIT
// The arithmetic of latencies: when an item is due at a steady rate, and percentiles of what was measured.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bench {

// When item `index` is due at so many items a second, after the start.
inline std::chrono::nanoseconds due(std::uint64_t index, double per_second) {
  return std::chrono::nanoseconds(std::llround(static_cast<double>(index) * 1e9 / per_second));
}

// Every sample is kept, so that each percentile is one of them.
class latencies {
 public:
  explicit latencies(std::vector<std::chrono::nanoseconds> samples) : sorted_(std::move(samples)) {
    std::ranges::sort(sorted_);
  }

  // The smallest sample that is at least as large as so many percent of them. There must be a sample.
  std::chrono::nanoseconds percentile(double percent) const {
    const double rank = std::ceil(percent / 100 * static_cast<double>(sorted_.size()) - 1e-6);
    return sorted_[std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, sorted_.size()) - 1];
  }
  std::chrono::nanoseconds longest() const { return sorted_.back(); }

 private:
  std::vector<std::chrono::nanoseconds> sorted_;  // ascending
};

}  // namespace bench
