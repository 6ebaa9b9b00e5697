// SPDX-License-Identifier: MIT
// std::condition_variable and std::condition_variable_any under the checker: a notification wakes whoever
// sleeps at that moment and nobody later, and a thread may wake up for no reason.
#pragma once

#include <chrono>
#include <concepts>
#include <condition_variable>  // std::cv_status alone
#include <cstdint>
#include <cstdlib>
#include <stop_token>
#include <utility>

#include <verify/atomic.hpp>
#include <verify/clock.hpp>

namespace verify {

using std::cv_status;

// Waits with any lock: as std::condition_variable_any does, and as std::condition_variable does with a
// unique_lock<mutex>.
class condition_variable_any {
 public:
  condition_variable_any() = default;
  condition_variable_any(const condition_variable_any&) = delete;
  condition_variable_any& operator=(const condition_variable_any&) = delete;

  void notify_one(site where = site::current()) noexcept { sleepers_.notify_one(where); }
  void notify_all(site where = site::current()) noexcept { sleepers_.notify_all(where); }

  template <class Lock>
  void wait(Lock& lock, site where = site::current()) {
    sleep(lock, detail::no_deadline, where);
  }
  template <class Lock, class Predicate>
    requires std::predicate<Predicate&>
  void wait(Lock& lock, Predicate ready, site where = site::current()) {
    while (!ready()) wait(lock, where);
  }

  template <class Lock, class Clock, class Duration>
  cv_status wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& until,
                       site where = site::current()) {
    return sleep(lock, detail::deadline_of(until), where);
  }
  template <class Lock, class Clock, class Duration, class Predicate>
    requires std::predicate<Predicate&>
  bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& until, Predicate ready,
                  site where = site::current()) {
    return sleep_until_ready(lock, detail::deadline_of(until), ready, where);
  }
  template <class Lock, class Rep, class Period>
  cv_status wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& time, site where = site::current()) {
    return sleep(lock, detail::deadline_in(time), where);
  }
  template <class Lock, class Rep, class Period, class Predicate>
    requires std::predicate<Predicate&>
  bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& time, Predicate ready,
                site where = site::current()) {
    return sleep_until_ready(lock, detail::deadline_in(time), ready, where);
  }

  template <class Lock, class Predicate>
  bool wait(Lock& lock, std::stop_token stop, Predicate ready, site where = site::current()) {
    const std::stop_callback wake(stop, [&] { notify_all(where); });
    while (!ready()) {
      if (stop.stop_requested()) return false;
      sleep(lock, detail::no_deadline, where, &stop);
    }
    return true;
  }

 private:
  // Gives the lock back and falls asleep in one step, unless a stop was requested before it.
  template <class Lock>
  cv_status sleep(Lock& lock, detail::time_stamp deadline, const site& where,
                  const std::stop_token* stop = nullptr) {
    detail::execution* const now = detail::execution::current();
    if (now == nullptr) std::abort();  // a wait for ever: there is one thread
    detail::location& place = sleepers_.here(*now);
    now->point(where);
    if (stop != nullptr && stop->stop_requested()) return cv_status::no_timeout;
    {
      const detail::execution::undisturbed alone(*now);
      if constexpr (requires { lock.unlock(where); }) {
        lock.unlock(where);
      } else {
        lock.unlock();
      }
    }
    const bool in_time = now->sleep_at(place, deadline, where);
    if constexpr (requires { lock.lock(where); }) {
      lock.lock(where);
    } else {
      lock.lock();
    }
    return in_time ? cv_status::no_timeout : cv_status::timeout;
  }

  template <class Lock, class Predicate>
  bool sleep_until_ready(Lock& lock, detail::time_stamp deadline, Predicate& ready, const site& where) {
    while (!ready())
      if (sleep(lock, deadline, where) == cv_status::timeout) return ready();
    return true;
  }

  atomic<std::uint32_t> sleepers_{0};  // a place to sleep at; its value is never changed
};

class condition_variable : public condition_variable_any {};

}  // namespace verify
