// SPDX-License-Identifier: MIT
// Linux' futex under the checker, and a file descriptor that is readable or not.
#pragma once

#include <climits>
#include <cstdint>
#include <span>
#include <vector>

#include <verify/atomic.hpp>
#include <verify/clock.hpp>

namespace verify::sync {

enum class futex_result { woken, timed_out, interrupted };  // no scenario has signal handlers

inline futex_result futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                               const clock::time_point* deadline, site where = site::current()) noexcept {
  auto* const now = detail::execution::current();
  if (now == nullptr) return futex_result::woken;
  const auto until = deadline != nullptr ? deadline->time_since_epoch().count() : verify::detail::no_deadline;
  const detail::execution::sleeping_place place{word.here(*now), detail::to_word(expected)};
  return now->sleep(std::span(&place, 1), until, where) ? futex_result::woken : futex_result::timed_out;
}

// A futex wait sleeps only while each word holds the value expected of it.
struct futex_expectation {
  const atomic<std::uint32_t>& word;
  std::uint32_t expected;
};
inline futex_result futex_wait_any(std::span<const futex_expectation> all, const clock::time_point* deadline,
                                   site where = site::current()) noexcept {
  auto* const now = detail::execution::current();
  if (now == nullptr) return futex_result::woken;
  const auto until = deadline != nullptr ? deadline->time_since_epoch().count() : verify::detail::no_deadline;
  using place = detail::execution::sleeping_place;
  std::vector<place, verify::detail::untracked_allocator<place>> places;
  for (const auto& [word, expected] : all) places.push_back({word.here(*now), detail::to_word(expected)});
  return now->sleep(places, until, where) ? futex_result::woken : futex_result::timed_out;
}

inline constexpr int every_sleeper = INT_MAX;

inline void futex_wake(const atomic<std::uint32_t>& word, int count, site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->wake(word.here(*now), count, where);
}

// Asked for while the word is certain to be there; for the wake it may be gone, and then wakes nobody.
using futex_place = detail::location*;

inline futex_place place_of(const atomic<std::uint32_t>& word) noexcept {
  auto* const now = detail::execution::current();
  return now != nullptr ? &word.here(*now) : nullptr;
}

inline void futex_wake_at(futex_place place, int count, site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->wake_if_there(*place, count, where);
}

inline std::uint64_t futex_calls() noexcept {
  return 0;
}

// A file descriptor that is readable from set() to clear(). What poll() would be for it, a scenario does by its
// native handle.
class settable_descriptor {
 public:
  using native_handle_type = const settable_descriptor*;

  void set() noexcept {
    readable_.exchange(1);
    futex_wake(readable_, every_sleeper);
  }
  void clear() noexcept { readable_.exchange(0); }
  void wait_until_readable() const noexcept {
    while (readable_.load() == 0) futex_wait(readable_, 0, nullptr);
  }
  bool is_readable() const noexcept { return readable_.load() != 0; }
  native_handle_type native_handle() const noexcept { return this; }

 private:
  atomic<std::uint32_t> readable_{0};
};

}  // namespace verify::sync
