// SPDX-License-Identifier: MIT
// Sleeping on a futex word until a deadline or a stop request, for locks, whose word is all that they have.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// One thread's sleeps during one call. A stop request does not change the word that is slept on: so a thread
// that can be stopped sleeps on a second word as well, its own.
class limited_sleep {
 public:
  explicit limited_sleep(const wait_limits& limits) noexcept
      : can_be_stopped_(limits.stop != nullptr),
        wake_on_stop_(limits.stop != nullptr ? *limits.stop : std::stop_token(), waker{stopped_}) {}
  limited_sleep(const limited_sleep&) = delete;
  limited_sleep& operator=(const limited_sleep&) = delete;

  // As futex_wait().
  sync::futex_result on(const sync::atomic<std::uint32_t>& word, std::uint32_t expected,
                        const deadline& until) const noexcept {
    const sync::futex_expectation both[] = {{word, expected}, {stopped_, 0}};
    return sync::futex_wait_any(std::span(both, can_be_stopped_ ? 2 : 1), until.time());
  }

 private:
  struct waker {
    sync::atomic<std::uint32_t>& stopped;

    void operator()() const noexcept {
      stopped.store(1, sync::relaxed);  // relaxed: the token itself says that a stop is requested
      sync::futex_wake(stopped, 1);
    }
  };

  const bool can_be_stopped_;
  sync::atomic<std::uint32_t> stopped_{0};
  std::stop_callback<waker> wake_on_stop_;  // after stopped_, which it uses
};

}  // namespace PLAIT_NAMESPACE::detail
