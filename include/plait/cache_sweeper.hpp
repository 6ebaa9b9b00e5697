// SPDX-License-Identifier: MIT
// cache_sweeper: what has expired in an expiring_cache leaves soon, and not when somebody uses the cache next.
//
// Use it if on_removal() has to be told in time, or if values hold what is scarce. Without it, too, what has
// expired is shown to nobody.
//
//   const std::jthread sweeper(plait::cache_sweeper(sessions, 1ms));  // to be destroyed before the cache
//
// The thread that calls it sleeps until the next entry may end, or one comes in that ends sooner, and removes
// what has expired; then it sleeps for the interval at least. So an entry leaves too late by the interval, if
// the thread is not kept from running; and where nothing expires, the thread sleeps until a stop is requested.
// The cache's clock has to go as fast as the system's. Design note: docs/structures/expiring_cache.md.
#pragma once

#include <chrono>
#include <stdexcept>
#include <stop_token>

#include <plait/cache_options.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

template <class Cache>
class cache_sweeper {
 public:
  // Throws std::invalid_argument if the interval is not positive, or not a number.
  template <class Rep, class Period>
  cache_sweeper(Cache& swept, std::chrono::duration<Rep, Period> interval)
      : swept_(&swept),
        interval_(interval > interval.zero() ? entry_lifetime(interval).length()
                                             : std::chrono::nanoseconds(0)) {
    if (interval_ <= std::chrono::nanoseconds(0))
      throw std::invalid_argument("plait::cache_sweeper: the interval has to be a time of more than 0");
  }

  // Returns when a stop is requested.
  void operator()(const std::stop_token& stop) { swept_->expire_until(stop, interval_); }

 private:
  Cache* swept_;
  std::chrono::nanoseconds interval_;
};

}  // namespace PLAIT_NAMESPACE
