// SPDX-License-Identifier: MIT
// A sleep that nobody ends but the clock.
#pragma once

#include <chrono>
#include <cstdint>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>

namespace PLAIT_NAMESPACE::detail {

// For `time`, or until the deadline if that is sooner.
inline void nap(std::chrono::nanoseconds time, const deadline& until) noexcept {
  const sync::atomic<std::uint32_t> nothing{0};  // never changed, so that only the deadline ends the sleep
  sync::futex_wait(nothing, 0, until.or_after(time).time());
}

}  // namespace PLAIT_NAMESPACE::detail
