// SPDX-License-Identifier: MIT
// Whether this program has about half of the processors or more, so that a thread that yields makes room for
// another one of its own. docs/decisions/0014-a-yield-is-for-threads-of-the-same-program.md has the reasons.
#pragma once

#include <chrono>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The part of the processors' time that this program has used, in periods of ten milliseconds or more. There is
// one for the program: what one thread finds out all others know, also those that begin later.
//
// Any thread may change any member at any time. All accesses are relaxed: the answer is a guess, no other
// memory depends on it, and one that was made from numbers of different periods is replaced after the next.
class [[gnu::visibility("default")]] processor_share {
 public:
  // What other processors have used is known up to their last timer interrupt, 1 to 10 ms ago.
  static constexpr std::chrono::milliseconds shortest_period{10};
  // Longer ones may contain times at which the program had nothing to do, and are not judged by.
  static constexpr std::chrono::milliseconds longest_period{100};

  static processor_share& of_program() noexcept { return sync::per_process<processor_share>(); }

  // Whether it was seven sixteenths or more in the last period. Begins a new period if one is over.
  bool is_large(sync::clock::time_point now) noexcept {
    return is_large(now, sync::processor_count(), [] { return sync::program_time(); });
  }

  // The same, of so many processors; used() is the time that the program has used until now.
  template <class Used>
  bool is_large(sync::clock::time_point now, unsigned processors, Used used) noexcept {
    sync::clock::time_point begin = begin_.load(sync::relaxed);  // relaxed: see above, as all others
    const sync::clock::duration period = now - begin;
    if (period >= shortest_period &&
        begin_.compare_exchange_strong(begin, now, sync::relaxed, sync::relaxed)) {  // relaxed: as above
      const sync::clock::duration at_end = used();
      const sync::clock::duration before = used_at_begin_.exchange(at_end, sync::relaxed);  // relaxed: as above
      if (period <= longest_period)
        is_large_.store((at_end - before) * 16 >= period * 7 * processors, sync::relaxed);  // relaxed: as above
    }
    return is_large_.load(sync::relaxed);  // relaxed: as above
  }

 private:
  alignas(contention_free_distance) sync::atomic<sync::clock::time_point> begin_{sync::clock::time_point()};
  sync::atomic<sync::clock::duration> used_at_begin_{sync::clock::duration()};
  sync::atomic<bool> is_large_{false};
};

}  // namespace PLAIT_NAMESPACE::detail
