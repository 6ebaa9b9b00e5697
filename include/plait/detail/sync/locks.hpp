// SPDX-License-Identifier: MIT
// Part of the seam: the mutex of cold code, and what is known of the mutexes of the standard library.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <type_traits>

namespace plait::detail::sync {

// For cold internal state only: anything hot waits on an event_count.
using mutex = std::mutex;

// Whether a thread may lock an M again that it holds.
template <class M>
inline constexpr bool locks_recursively = false;
template <>
inline constexpr bool locks_recursively<std::recursive_mutex> = true;
template <>
inline constexpr bool locks_recursively<std::recursive_timed_mutex> = true;

// Whether M is the standard's, which runs no code of anybody else.
template <class M>
inline constexpr bool is_of_the_standard =
    locks_recursively<M> || std::is_same_v<M, std::mutex> || std::is_same_v<M, std::timed_mutex> ||
    std::is_same_v<M, std::shared_mutex> || std::is_same_v<M, std::shared_timed_mutex>;

// Whether the mutex is free, when no thread is left that could take it: in the child of a fork it may be held
// for ever. In general try_lock() may fail for no reason; on Linux it does not.
inline bool is_free(mutex& lock) noexcept {
  if (!lock.try_lock()) return false;
  lock.unlock();
  return true;
}

}  // namespace plait::detail::sync
