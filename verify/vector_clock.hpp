// SPDX-License-Identifier: MIT
// Vector clocks: the happens-before order of one execution.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace verify::detail {

// The most threads of a scenario, its body included. Small, because every clock has an entry for each.
inline constexpr unsigned max_threads = 8;

// Counts the steps of one thread. 0 comes before everything.
using stamp = std::uint32_t;

// Entry t: the latest step of thread t that happens before the clock's owner.
class vector_clock {
 public:
  stamp operator[](unsigned thread) const noexcept { return stamps_[thread]; }
  stamp tick(unsigned thread) noexcept { return ++stamps_[thread]; }
  void set(unsigned thread, stamp when) noexcept { stamps_[thread] = when; }

  void join(const vector_clock& other) noexcept {
    for (unsigned i = 0; i != max_threads; ++i) stamps_[i] = std::max(stamps_[i], other.stamps_[i]);
  }

  bool is_empty() const noexcept { return *this == vector_clock(); }
  bool operator==(const vector_clock&) const = default;

  // The first thread with a step in `other` that is not in this clock; max_threads if there is none.
  unsigned first_unknown(const vector_clock& other) const noexcept {
    unsigned thread = 0;
    while (thread != max_threads && other.stamps_[thread] <= stamps_[thread]) ++thread;
    return thread;
  }

 private:
  std::array<stamp, max_threads> stamps_{};
};

// What a release hands to an acquire.
struct view {
  vector_clock clock;   // the steps that happen before it
  vector_clock fences;  // the seq_cst fences among them, as operations of the order S
  vector_clock strong;  // the seq_cst operations that strongly happen before it: S has to keep their order

  void join(const view& other) noexcept {
    clock.join(other.clock);
    fences.join(other.fences);
    strong.join(other.strong);
  }
};

}  // namespace verify::detail
