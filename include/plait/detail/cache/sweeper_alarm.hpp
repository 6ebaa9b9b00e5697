// SPDX-License-Identifier: MIT
// Wakes who sleeps until the next entry of a cache ends when one comes in that ends sooner.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include <plait/cache_options.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// Edges:  rung   rings_   seq_cst in ring -> seq_cst in rings: the entry for which it rings. In one order with
//                         the count of those who sleep, so that none sleeps on
class sweeper_alarm {
 public:
  // By the holder of a shard's lock.
  void ring() noexcept {
    rings_.fetch_add(1, sync::seq_cst);  // seq_cst rung
    sleepers_.notify_all();
  }

  // How often it has rung.
  std::uint32_t rings() const noexcept { return rings_.load(sync::seq_cst); }  // seq_cst rung
  // Sleeps until it has rung more often than `seen`, for so long at most, or until a stop is requested.
  void sleep(std::uint32_t seen, entry_lifetime most, const std::stop_token& stop) {
    const deadline until = most.is_endless() ? deadline::never() : deadline::after(most.length());
    sleepers_.wait([&]() noexcept { return rings() != seen ? attempt::done : attempt::blocked; },
                   {.until = until, .stop = &stop});
  }
  // Sleeps for so long, or until a stop is requested.
  void pause(std::chrono::nanoseconds time, const std::stop_token& stop) {
    pauses_.wait([]() noexcept { return attempt::blocked; }, {.until = deadline::after(time), .stop = &stop});
  }

 private:
  sync::atomic<std::uint32_t> rings_{0};
  event_count sleepers_;
  // Nobody notifies it. It could be pause()'s own, since a std::stop_callback waits for the request that calls
  // it; but the model checker does not know that order, and would report a use after the end.
  event_count pauses_;
};

}  // namespace PLAIT_NAMESPACE::detail
