// SPDX-License-Identifier: MIT
// What a thread has learnt from its waits: how soon it looks again, and when it sleeps at once.
// docs/decisions/0010-a-thread-learns-how-to-wait.md has the reasons.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// How a thread waits at one event count.
//
//   way      before it sleeps, the thread looks            because its last wait there
//   seldom   after whole intervals                         left several things to do: a stream; or was none
//   soon     at once, then after twice as long each time   was over awake, with one thing: the other side waits
//   asleep   not at all                                    was over asleep, with one thing: coarse work; or
//                                                          its last three were, with several, and it had
//                                                          looked without yielding: it keeps who gives them
//                                                          from the processor
//
// A thread that looks soon finds one thing of a stream, too, and one that sleeps at once does not notice that
// it need not have slept. So after some waits in either way one is a trial, which begins seldom.
class waiting_habit {
 public:
  enum class way : std::uint8_t { seldom, soon, asleep };

  static constexpr std::uint32_t waits_per_trial_soon = 256;
  static constexpr std::uint32_t first_waits_per_trial_asleep = 4;  // twice as many after each trial in vain
  static constexpr std::uint32_t last_waits_per_trial_asleep = 1024;
  // Looks in vain in a row, each for several things, after which the thread sleeps at once.
  static constexpr std::uint32_t streams_slept_for = 3;

  // The habit of the calling thread at this event count, until the thread waits at several others.
  static waiting_habit& at(const void* event_count) noexcept;

  // The way of the wait that begins now.
  way begin() noexcept {
    if (until_trial_ != 0) --until_trial_;
    is_trial_ = until_trial_ == 0 && way_ != way::seldom;
    const way now = is_trial_ ? way::seldom : way_;
    had_to_sleep_ = now == way::asleep;
    looked_in_vain_ = false;
    return now;
  }

  // The wait that has begun was not over while the thread stayed awake, and whether it yielded meanwhile.
  void has_to_sleep(bool has_yielded) noexcept {
    had_to_sleep_ = true;
    looked_in_vain_ = !has_yielded;
  }

  // That wait is over: whether it left something to do. One that its limits have ended left nothing.
  void learn(bool more) noexcept {
    if (way_ != way::asleep || is_trial_)
      slept_for_ = !looked_in_vain_ ? 0 : more ? std::min(slept_for_ + 1, streams_slept_for) : slept_for_;
    const bool sleeps = had_to_sleep_ && (!more || slept_for_ == streams_slept_for);
    const way next = sleeps ? way::asleep : more ? way::seldom : way::soon;
    if (next == way_ && !is_trial_) return;
    waits_per_trial_ = next == way::soon ? waits_per_trial_soon
                       : next != way_    ? first_waits_per_trial_asleep
                                         : std::min(waits_per_trial_ * 2, last_waits_per_trial_asleep);
    until_trial_ = waits_per_trial_;
    way_ = next;
  }

 private:
  way way_ = way::seldom;
  bool is_trial_ = false;  // this wait, as the next member
  bool had_to_sleep_ = false;
  bool looked_in_vain_ = false;  // had to sleep, and never yielded
  std::uint32_t slept_for_ = 0;  // looks in vain in a row, up to streams_slept_for
  std::uint32_t waits_per_trial_ = 0;
  std::uint32_t until_trial_ = 0;  // waits until the next trial, which is counted
};

// A thread's habits at the event counts where it has waited last.
class waiting_habits {
 public:
  waiting_habit& at(const void* event_count) noexcept {
    for (place& each : places_)
      if (each.event_count == event_count) return each.habit;
    place& oldest = places_[next_++ % std::size(places_)];
    oldest = {event_count, {}};
    return oldest.habit;
  }

 private:
  struct place {
    const void* event_count = nullptr;  // only compared, for it may be gone
    waiting_habit habit;
  };

  place places_[4];
  unsigned next_ = 0;  // the place to be given away next, modulo their number
};

inline waiting_habit& waiting_habit::at(const void* event_count) noexcept {
  return sync::per_thread<waiting_habits>().at(event_count);
}

}  // namespace PLAIT_NAMESPACE::detail
