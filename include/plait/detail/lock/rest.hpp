// SPDX-License-Identifier: MIT
// What a thread does between attempts that other threads foil.
#pragma once

#include <algorithm>
#include <chrono>

#include <plait/detail/lock/nap.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>

namespace PLAIT_NAMESPACE::detail {

// Rounds of attempts before a thread rests, and again before it sleeps.
inline constexpr int rounds_without_rest = sync::attempts(4);

// After round `round`, from 0 on: lets others have the processor and, later, sleeps for 10 us and more. Threads
// that take and release the same locks at the same pace may foil each other for long, so the time is random.
inline void rest(int round, const deadline& until) noexcept {
  sync::yield();
  const int times = round - rounds_without_rest;
  if (times < rounds_without_rest) return;
  const auto chance = sync::clock::now().time_since_epoch().count() / 16 % 8;
  nap(std::chrono::microseconds(10) * std::min(times, 32) * (1 + chance), until);
}

}  // namespace PLAIT_NAMESPACE::detail
