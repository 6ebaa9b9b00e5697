// SPDX-License-Identifier: MIT
#pragma once

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

inline constexpr int pauses_per_clock_read = sync::attempts(4);

// Leaves the others alone until then, without giving up the processor.
inline void pause_until(sync::clock::time_point then) noexcept {
  while (sync::clock::now() < then) {
    for (int i = 0; i < pauses_per_clock_read; ++i) sync::pause();
  }
}

// What to do after losing a race for a word: stay away from it for a while, longer with each loss. The winner
// then has the cache line to itself, and gets many operations done in the time that passing the line back
// and forth would take for a few.
class backoff {
 public:
  void wait() noexcept {
    for (int i = 0; i != pauses_; ++i) sync::pause();
    if (pauses_ < most) pauses_ *= 2;
  }

 private:
  static constexpr int least = sync::attempts(32);  // some 0.5 to 1 us
  static constexpr int most = 8 * least;

  int pauses_ = least;
};

}  // namespace PLAIT_NAMESPACE::detail
