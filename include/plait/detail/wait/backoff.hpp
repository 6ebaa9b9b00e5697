// SPDX-License-Identifier: MIT
// What a thread does after it has lost a race: pause or yield.
#pragma once

#include <bit>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

inline constexpr int pauses_per_clock_read = sync::attempts(4);

// Pauses until then, without giving up the processor.
inline void pause_until(sync::clock::time_point then, int pauses = pauses_per_clock_read) noexcept {
  while (sync::clock::now() < then) {
    for (int i = 0; i < pauses; ++i) sync::pause();
  }
}

// How often the longest absence yields, for each processor: with more of them, more threads may want the word.
inline constexpr unsigned yields_per_processor = 4;

// To call after losing a race for a word; `losses` is how often the same operation has lost it before. Stays
// away from it for about half a microsecond, or for as long as other threads want the processor, and for twice
// as long after each further loss. The winner then has the cache line to itself, and completes many operations
// in the time that a few would take if the line moved back and forth. After the longest absence it does not
// stay away: the attempt that has failed has brought the line here, so the next one is likely to succeed, and
// nobody loses for ever. Returns the word as it is afterwards.
template <class Word>
[[gnu::noinline, gnu::cold]] Word back_off(const sync::atomic<Word>& word, unsigned losses) noexcept {
  const auto doublings =
      static_cast<unsigned>(std::bit_width(yields_per_processor * sync::processor_count())) - 1;
  const unsigned step = losses % (doublings + 2);
  if (step <= doublings)
    for (int yields = sync::attempts(1 << step); yields != 0; --yields) sync::yield();
  return word.load(sync::relaxed);  // relaxed: a stale value loses again
}

}  // namespace PLAIT_NAMESPACE::detail
