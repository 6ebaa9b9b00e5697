// SPDX-License-Identifier: MIT
// What a thread does after it has lost a race: pause or yield.
#pragma once

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

inline constexpr int pauses_per_clock_read = sync::attempts(4);

// Pauses until then, without giving up the processor.
inline void pause_until(sync::clock::time_point then, int pauses = pauses_per_clock_read) noexcept {
  while (sync::clock::now() < then) {
    for (int i = 0; i < pauses; ++i) sync::pause();
  }
}

// To call after losing a race for a word. Stays away from it for about half a microsecond, or for as long as
// other threads want the processor. The winner then has the cache line to itself, and completes many operations
// in the time that a few would take if the line moved back and forth. Returns the word as it is afterwards.
template <class Word>
[[gnu::noinline, gnu::cold]] Word back_off(const sync::atomic<Word>& word) noexcept {
  sync::yield();
  return word.load(sync::relaxed);  // relaxed: a stale value loses again
}

}  // namespace PLAIT_NAMESPACE::detail
