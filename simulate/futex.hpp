// SPDX-License-Identifier: MIT
// Linux' futex, and the clock that its deadlines are told by, on simulated processors.
#pragma once

#include <chrono>
#include <climits>
#include <cstdint>
#include <span>
#include <vector>

#include <simulate/atomic.hpp>

namespace simulate {

// The calling thread's own. Each reads its own clock, so two threads need not agree on what comes first.
struct clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  static time_point now() noexcept {
    simulation* const all = simulation::running();
    if (all == nullptr) return {};
    all->read_clock();
    return time_point(std::chrono::floor<duration>(all->now()));
  }
  // At the last timer interrupt: every four milliseconds.
  static time_point recently() noexcept {
    using ticks = std::chrono::duration<std::int64_t, std::ratio<4, 1000>>;
    return time_point(std::chrono::floor<ticks>(now().time_since_epoch()));
  }
};

}  // namespace simulate

namespace simulate::sync {

enum class futex_result { woken, timed_out, interrupted };  // nobody sends signals

struct futex_expectation {
  const atomic<std::uint32_t>& word;
  std::uint32_t expected;
};
inline futex_result futex_wait_any(std::span<const futex_expectation> all,
                                   const clock::time_point* deadline) noexcept {
  simulation* const now = simulation::running();
  if (now == nullptr) return futex_result::woken;
  std::vector<const void*> addresses;
  for (const auto& [word, expected] : all) {
    now->load(&word);
    addresses.push_back(&word);
  }
  now->call_system();
  // Compared and slept on in one step: no other thread may run in between.
  for (const auto& [word, expected] : all)
    if (word.peek() != expected) return futex_result::woken;
  const duration until = deadline != nullptr ? deadline->time_since_epoch() : duration::max();
  return now->sleep(addresses, until) ? futex_result::woken : futex_result::timed_out;
}
inline futex_result futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                               const clock::time_point* deadline) noexcept {
  const futex_expectation one{word, expected};
  return futex_wait_any(std::span(&one, 1), deadline);
}

inline constexpr int every_sleeper = INT_MAX;

using futex_place = const atomic<std::uint32_t>*;

inline futex_place place_of(const atomic<std::uint32_t>& word) noexcept {
  return &word;
}
inline void futex_wake_at(futex_place place, int count) noexcept {
  if (simulation* const now = simulation::running()) now->wake(place, count);
}
inline void futex_wake(const atomic<std::uint32_t>& word, int count) noexcept {
  futex_wake_at(&word, count);
}

inline std::uint64_t futex_calls() noexcept {
  return 0;
}

// An eventfd that nobody polls.
class settable_descriptor {
 public:
  using native_handle_type = int;

  void set() noexcept { call(); }
  void clear() noexcept { call(); }
  int native_handle() const noexcept { return -1; }

 private:
  static void call() noexcept {
    if (simulation* const now = simulation::running()) now->call_system();
  }
};

}  // namespace simulate::sync
