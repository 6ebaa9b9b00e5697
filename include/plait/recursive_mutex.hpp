// SPDX-License-Identifier: MIT
// recursive_mutex: a mutex that the thread that holds it may take again.
//
// Use it where a function that holds the lock calls another one that takes it. Where that does not happen,
// mutex is smaller and faster.
//
//   operation            progress                      promise
//   lock                 as mutex; at once, without a  held until unlock() has been called as often; throws
//                        read-modify-write, if it is   std::system_error if it is held 2^32 - 1 times already
//                        held by the caller
//   try_lock,            as mutex; at once, if it is   false, too, if it is held 2^32 - 1 times already
//     try_lock_for, ...  held by the caller
//   unlock               lock-free                     the last one releases the mutex
//   held_by_me           wait-free                     exact
//   Memory: 24 bytes, and no allocation.
//
//   class inventory {
//    public:
//     void put(const std::string& what) {
//       const std::lock_guard hold(lock_);
//       ++pieces_[what];
//     }
//     void put_pair(const std::string& what) {
//       const std::lock_guard hold(lock_);
//       put(what);  // takes the lock again
//       put(what);
//     }
//
//    private:
//     plait::recursive_mutex lock_;
//     std::map<std::string, int> pieces_;
//   };
//
// The constructor is constexpr. What mutex.hpp says about hand-over, destruction and fork() holds here too; in
// the child, the thread that forked still holds what it held. Algorithm: a mutex, the address of a thread-local
// variable of the owner, and a depth. Design note: docs/structures/mutex.md.
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stop_token>
#include <system_error>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_mark.hpp>
#include <plait/mutex.hpp>

namespace PLAIT_NAMESPACE {

class recursive_mutex {
 public:
  constexpr recursive_mutex() noexcept = default;
  recursive_mutex(const recursive_mutex&) = delete;
  recursive_mutex& operator=(const recursive_mutex&) = delete;

  // Takes the lock, or takes it again. Throws std::system_error if it is held 2^32 - 1 times already.
  void lock() PLAIT_UNANALYZED {
    if (held_by_me()) {
      if (!hold_again())
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                                "plait::recursive_mutex: held 4294967295 times, and no more is possible");
    } else {
      mutex_.lock();
      hold();
    }
  }

  // Undoes one lock(). The caller must hold the lock.
  void unlock() noexcept PLAIT_UNANALYZED {
    assert(held_by_me() && "plait::recursive_mutex: unlock() by a thread that does not hold it");
    if (--depth_ != 0) return;
    owner_.store(nullptr, detail::sync::relaxed);  // relaxed: see owner_
    mutex_.unlock();
  }

  // False if another thread has the lock (at the deadline, in the timed forms), or it is held 2^32 - 1 times.
  [[nodiscard]] bool try_lock() noexcept { return held_by_me() ? hold_again() : hold_if(mutex_.try_lock()); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& wait) noexcept {
    return held_by_me() ? hold_again() : hold_if(mutex_.try_lock_for(wait));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) noexcept {
    return held_by_me() ? hold_again() : hold_if(mutex_.try_lock_until(when));
  }
  // False if another thread has the lock when a stop is requested.
  [[nodiscard]] bool lock(const std::stop_token& stop) noexcept {
    return held_by_me() ? hold_again() : hold_if(mutex_.lock(stop));
  }

  // Whether the calling thread holds the lock.
  bool held_by_me() const noexcept {
    return owner_.load(detail::sync::relaxed) == detail::thread_mark::mine();  // relaxed: see owner_
  }

 private:
  bool hold_again() noexcept {
    if (depth_ == std::numeric_limits<std::uint32_t>::max()) return false;
    ++depth_;
    return true;
  }
  bool hold_if(bool has_it) noexcept {
    if (has_it) hold();
    return has_it;
  }
  void hold() noexcept {
    owner_.store(detail::thread_mark::mine(), detail::sync::relaxed);  // relaxed: see owner_
    depth_ = 1;
  }

  mutex mutex_;
  // The owner's mark; null if there is none. A thread finds its own mark here only if it has stored it and no
  // other thread has stored anything since, so relaxed loads and stores suffice.
  detail::sync::atomic<const detail::thread_mark*> owner_{nullptr};
  std::uint32_t depth_ = 0;  // how often the owner has locked it; the owner's alone
};

}  // namespace PLAIT_NAMESPACE
