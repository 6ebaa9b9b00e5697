// SPDX-License-Identifier: MIT
// Counting events that are too frequent to be written down each: a sample of them, and a count in 16 bits.
#pragma once

#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Chooses one of `one_in` events by chance, for each thread by itself. Costs a decrement for the others.
class sample {
 public:
  static constexpr std::uint32_t one_in = static_cast<std::uint32_t>(sync::sized(32, 1));

  static bool is_chosen() noexcept {
    if (--sync::per_thread<own>().left >= 0) [[likely]]
      return false;
    return sync::rarely<&sample::choose>();
  }

  // Random bits, of which the upper ones are good, for an event that was chosen.
  static std::uint64_t bits() noexcept {
    std::uint64_t& state = sync::per_thread<own>().state;
    return state = state * multiplier + increment;
  }

 private:
  struct [[gnu::visibility("default")]] own {
    std::int32_t left;    // how many events are passed over until one is chosen
    std::uint64_t state;  // of the random numbers; 0 before the first
  };
  static constexpr std::uint64_t multiplier = 6364136223846793005u;
  static constexpr std::uint64_t increment = 1442695040888963407u;

  // Distances are even chances from 1 to 2 * one_in - 1, so that no rhythm of the events is met by that of the
  // choice.
  static bool choose() noexcept {
    own& mine = sync::per_thread<own>();
    const bool is_first = mine.state == 0;
    if (is_first) {
      // relaxed: it only has to be another number for each thread
      const std::uint64_t thread =
          sync::per_process<sync::atomic<std::uint64_t>>().fetch_add(1, sync::relaxed) + 1;
      mine.state = thread * multiplier;
      bits();
    }
    mine.left = static_cast<std::int32_t>((bits() >> 32) * (2 * one_in - 1) >> 32);
    return !is_first || one_in == 1;
  }
};

// Counts, in floating-point steps, what a sample has chosen: one of 2^k of those, by chance again, adds 2^k. So
// the higher the count is the more seldom it is written, and what it says is right on average.
//
//   steps         0 .. 1023   1024 .. 1535   1536 .. 2047 ...
//   each worth    32          64             128              events
//   count up to   32 768      65 536         131 072
//
// Of n events the standard error is sqrt(31 n) as long as n is at most 32 768: 56 of 100, 176 of 1000, 557 of
// 10 000. From there on it is at most 3.5 % of n.
class approximate_count {
 public:
  constexpr approximate_count() noexcept = default;
  explicit constexpr approximate_count(std::uint16_t steps) noexcept : steps_(steps) {}

  constexpr std::uint16_t steps() const noexcept { return steps_; }

  constexpr std::uint64_t value() const noexcept {
    const std::uint64_t mantissa = steps_ < 2 * octave ? steps_ : octave + steps_ % octave;
    return (mantissa << shift()) * sample::one_in;
  }

  // Adds an event that was chosen, if chance says so once more by these bits.
  constexpr void add(std::uint64_t bits) noexcept {
    if (bits >> (63 - shift()) >> 1 == 0) ++steps_;
  }

 private:
  static constexpr std::uint64_t octave = 512;  // steps until they double

  // The logarithm of a step.
  constexpr std::uint64_t shift() const noexcept { return steps_ < 2 * octave ? 0 : steps_ / octave - 1; }

  std::uint16_t steps_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
