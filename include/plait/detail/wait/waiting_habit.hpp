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
//   asleep   not at all                                    was over asleep, with one thing: coarse work
//
// A thread that looks soon finds one thing of a stream, too, and one that sleeps at once does not notice that
// it need not have slept. So after some waits in either way one is a trial, which begins seldom.
class waiting_habit {
 public:
  enum class way : std::uint8_t { seldom, soon, asleep };

  static constexpr std::uint32_t waits_per_trial_soon = 256;
  static constexpr std::uint32_t first_waits_per_trial_asleep = 4;  // twice as many after each trial in vain
  static constexpr std::uint32_t last_waits_per_trial_asleep = 1024;

  // The habit of the calling thread at this event count, until the thread waits at several others.
  static waiting_habit& at(const void* event_count) noexcept;

  // The way of the wait that begins now.
  way begin() noexcept {
    if (until_trial_ != 0) --until_trial_;
    is_trial_ = until_trial_ == 0 && way_ != way::seldom;
    const way now = is_trial_ ? way::seldom : way_;
    had_to_sleep_ = now == way::asleep;
    return now;
  }

  // The wait that has begun was not over while the thread stayed awake.
  void has_to_sleep() noexcept { had_to_sleep_ = true; }

  // That wait is over: whether it left something to do. One that its limits have ended left nothing.
  void learn(bool more) noexcept {
    const way next = more ? way::seldom : had_to_sleep_ ? way::asleep : way::soon;
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
