// SPDX-License-Identifier: MIT
// Ctrl-C: the first asks the work to stop, the second ends the program at once.
#pragma once

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

  // Waits until `descriptor` can be read (or is at its end, or broken). Throws interrupted.
  static void wait_for_input(int descriptor);
};

}  // namespace plait::cli
