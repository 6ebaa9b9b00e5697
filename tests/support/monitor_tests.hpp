// SPDX-License-Identifier: MIT
// Shared by the tests of the monitors: how many histories they judge, their random numbers, and their results.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <random>

#include "support/sanitizer.hpp"

namespace monitor_tests {

// Half of the histories that a test names, or n halves with VERIFY_EFFORT=n in the environment. With a
// sanitizer only a few, in which it finds as much.
inline std::size_t scaled(std::size_t count) {
  count /= PLAIT_UNDER_TSAN || PLAIT_UNDER_ASAN ? 20 : 2;
  const char* const given = std::getenv("VERIFY_EFFORT");
  return given != nullptr ? count * static_cast<std::size_t>(std::max(1, std::atoi(given))) : count;
}

// Random numbers that are the same with every standard library.
class dice {
 public:
  explicit dice(std::uint32_t seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>((std::uint64_t{random_()} * limit) >> 32);
  }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::mt19937 random_;
};

struct tally {
  std::size_t histories = 0;
  std::size_t violating = 0;
  std::size_t missed = 0;  // of those
};

inline std::ostream& operator<<(std::ostream& out, const tally& t) {
  return out << t.histories << " histories, " << t.violating << " of them violating, " << t.missed << " missed";
}

}  // namespace monitor_tests
