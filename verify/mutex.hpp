// SPDX-License-Identifier: MIT
// std::mutex and std::recursive_mutex under the checker. A lock taken twice, or given back by a thread that
// does not hold it, is a failure; try_lock() may fail for no reason.
#pragma once

#include <cstdint>

#include <verify/atomic.hpp>

namespace verify {

class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock(site where = site::current()) {
    if (auto* const now = detail::execution::current()) now->lock(holder_.here(*now), where);
  }
  bool try_lock(site where = site::current()) noexcept {
    auto* const now = detail::execution::current();
    return now == nullptr || now->try_lock(holder_.here(*now), where);
  }
  void unlock(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) now->unlock(holder_.here(*now), where);
  }

  // For the condition variable.
  detail::location& here(detail::execution& now) const noexcept { return holder_.here(now); }

 private:
  atomic<std::uint64_t> holder_{0};  // the number of the thread that holds it, plus one; 0 if free
};

class recursive_mutex {
 public:
  constexpr recursive_mutex() noexcept = default;
  recursive_mutex(const recursive_mutex&) = delete;
  recursive_mutex& operator=(const recursive_mutex&) = delete;

  void lock(site where = site::current()) {
    if (!is_mine()) mutex_.lock(where);
    ++depth_;
  }
  bool try_lock(site where = site::current()) noexcept {
    if (!is_mine() && !mutex_.try_lock(where)) return false;
    ++depth_;
    return true;
  }
  void unlock(site where = site::current()) noexcept {
    if (is_mine() && --depth_ != 0) return;
    mutex_.unlock(where);
  }

 private:
  // No other thread can make this true or false.
  bool is_mine() const noexcept {
    auto* const now = detail::execution::current();
    return now != nullptr && now->holds(mutex_.here(*now));
  }

  mutex mutex_;
  unsigned depth_ = 0;  // of the thread that holds the mutex
};

}  // namespace verify
