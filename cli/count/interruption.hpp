// SPDX-License-Identifier: MIT
// Ctrl-C: the first asks the work to stop, the second ends the program at once.
#pragma once

#include <cstdint>

namespace plait::cli {

// Thrown where a stop request is noticed.
struct interrupted {};

// During its lifetime, SIGINT is a stop request. At most one may exist.
class interruption {
 public:
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  static bool requested() noexcept;

  // For a long loop, in each of its steps: throws interrupted if it is requested, which one of 65536 asks.
  static void heed(std::uint64_t step) {
    if (step % 65536 == 0 && requested()) throw interrupted{};
  }

  // Waits until `descriptor` can be read (or is at its end, or broken). Throws interrupted.
  static void wait_for_input(int descriptor);
};

}  // namespace plait::cli
