// SPDX-License-Identifier: MIT
// Taking several locks: waits for one while holding none, tries the others, and begins again with the one that
// another thread has.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include <plait/detail/lock/lock_set.hpp>
#include <plait/detail/lock/nap.hpp>
#include <plait/detail/lock/rest.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/detail/wait/limited_sleep.hpp>

namespace PLAIT_NAMESPACE::detail {

// A thread that waits for a lock without deadlines or stop tokens is not woken: it tries, and sleeps longer
// each time.
inline constexpr std::chrono::microseconds first_lock_nap{50};
inline constexpr std::chrono::milliseconds longest_lock_nap{2};

template <class Lock>
bool poll(Lock& lock, const wait_limits& limits) PLAIT_UNANALYZED {
  for (std::chrono::nanoseconds time = first_lock_nap;;
       time = std::min<std::chrono::nanoseconds>(2 * time, longest_lock_nap)) {
    if (lock.try_lock()) return true;
    if (limits.are_over()) return false;
    nap(time, limits.until);
  }
}

// Waits for one lock, by the best function that it has. There is a deadline, or a stop token, or neither.
template <class Lock>
bool take_one(Lock& lock, const wait_limits& limits) PLAIT_UNANALYZED {
  if (limits.stop != nullptr) {
    if constexpr (requires {
                    { lock.lock(*limits.stop) } -> std::convertible_to<bool>;
                  }) {
      return lock.lock(*limits.stop);
    } else {
      return poll(lock, limits);
    }
  }
  if (limits.until.is_never()) {
    lock.lock();
    return true;
  }
  if constexpr (requires {
                  { lock.try_lock_until(*limits.until.time()) } -> std::convertible_to<bool>;
                }) {
    return lock.try_lock_until(*limits.until.time());
  } else {
    return poll(lock, limits);
  }
}

inline constexpr auto unlock_one = [](auto& lock) PLAIT_UNANALYZED { return lock.unlock(), true; };
inline constexpr auto try_one = [](auto& lock) PLAIT_UNANALYZED -> bool { return lock.try_lock(); };

template <class Set>
void give_back_all(const Set& set) noexcept {
  std::size_t places = 0;
  set.until_false(places, unlock_one);
}

// A number of places from the first on; place 0 follows the last one.
template <class Set>
void give_back(const Set& set, std::size_t first, std::size_t count) noexcept {
  for (; count != 0; --count) set.on((first + count - 1) % set.size(), unlock_one);
}

// Takes the locks from the first on with take_first(lock) and then try_one. Returns how many places are held:
// all of them, or those before the first that could not be taken. If a lock throws, none is held.
template <class Set, class TakeFirst>
std::size_t take_from(const Set& set, std::size_t first, TakeFirst take_first) {
  std::size_t held = 0;
  try {
    if (first == 0) {  // as in nearly all calls
      bool is_first = true;
      set.until_false(held, [&](auto& lock) -> bool {
        return std::exchange(is_first, false) ? take_first(lock) : try_one(lock);
      });
    } else if (set.on(first, take_first)) {
      for (held = 1; held != set.size() && set.on((first + held) % set.size(), try_one);) ++held;
    }
  } catch (...) {
    give_back(set, first, held);
    throw;
  }
  return held;
}

// False if the limits ended the wait.
template <class Set>
bool take_all(const Set& set, const wait_limits& limits) {
  std::size_t first = 0;
  for (int round = 0;; ++round) {
    const std::size_t held = take_from(set, first, [&](auto& lock) { return take_one(lock, limits); });
    if (held == set.size()) return true;
    if (held == 0) return false;
    give_back(set, first, held);
    // Its holder probably wants one of the locks that were just held, and gets it while this thread waits.
    first = (first + held) % set.size();
    if (round >= rounds_without_rest) rest(round, limits.until);
  }
}

// Takes all locks without waiting, or none.
template <class Set>
bool try_all(const Set& set) {
  const std::size_t held = take_from(set, 0, try_one);
  if (held == set.size()) return true;
  give_back(set, 0, held);
  return false;
}

}  // namespace PLAIT_NAMESPACE::detail
