// SPDX-License-Identifier: MIT
// cache_sweeper: what has expired in an expiring_cache leaves soon, and not when somebody uses the cache next.
//
// Use it if on_removal() has to be told in time, or if values hold what is scarce. Without it, too, what has
// expired is shown to nobody.
//
//   const std::jthread sweeper(plait::cache_sweeper(sessions, 1ms));  // to be destroyed before the cache
//
// It calls expire() at that interval, in the thread that calls it, until a stop is requested. So an entry
// leaves by that much too late; and where nothing has expired, that costs a lock of each shard. Design note:
// docs/structures/expiring_cache.md.
#pragma once

#include <chrono>
#include <stdexcept>
#include <stop_token>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE {

template <class Cache>
class cache_sweeper {
 public:
  // Throws std::invalid_argument if the interval is not positive.
  template <class Rep, class Period>
  cache_sweeper(Cache& swept, std::chrono::duration<Rep, Period> interval)
      : swept_(&swept), interval_(std::chrono::duration_cast<std::chrono::nanoseconds>(interval)) {
    if (interval_ <= std::chrono::nanoseconds(0))
      throw std::invalid_argument("plait::cache_sweeper: the interval has to be a time of more than 0");
  }

  // Returns when a stop is requested.
  void operator()(const std::stop_token& stop) {
    detail::event_count nobody_notifies;
    while (!stop.stop_requested()) {
      nobody_notifies.wait([]() noexcept { return detail::attempt::blocked; },
                           {.until = detail::deadline::after(interval_), .stop = &stop});
      swept_->expire();
    }
  }

 private:
  Cache* swept_;
  std::chrono::nanoseconds interval_;
};

}  // namespace PLAIT_NAMESPACE
