// SPDX-License-Identifier: MIT
// What a thread does before it sleeps where it can be woken: it tries again, soon or seldom, or not at all.
#pragma once

#include <chrono>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/backoff.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/processor_share.hpp>
#include <plait/detail/wait/waiting_habit.hpp>

namespace PLAIT_NAMESPACE::detail {

// What one attempt came to.
enum class attempt {
  done,       // it succeeded, or it never will: no more waiting
  blocked,    // nothing to do until somebody notifies
  contended,  // another thread is in the middle of the very operation this one needs finished
};

// How long a waiter lets the others work between two looks, before it sleeps.
struct pace {
  std::chrono::nanoseconds look_interval;
};
inline constexpr pace pace_of_items{std::chrono::microseconds(2)};

inline constexpr int looks = sync::attempts(16);
inline constexpr int looks_soon = sync::attempts(6);
inline constexpr std::chrono::nanoseconds first_look_soon{31};
inline constexpr int looks_contended = sync::attempts(16);

// Looks again a few times before sleeping, but seldom. Each look takes the line from the thread that is
// at work on it, and whoever looks after every item gets one item each time: looks some microseconds apart
// find a batch. All but the first begin by offering the processor to a thread that has none; if nobody
// wants it, they wait out the interval. It is not offered where other programs would take it, for a time slice.
template <class TryOnce>
bool try_awake(TryOnce& try_once, const deadline& until, pace look_at, int times = looks) {
  const bool others_run_now = sync::processor_count() > 1;
  for (int look = 0; look < times && !until.has_passed(); ++look) {
    const sync::clock::time_point begin = sync::clock::now();
    if (look != 0 || !others_run_now) {
      if (processor_share::of_program().is_large(begin)) {
        sync::offer_processor();
      } else if (!others_run_now) {
        return false;
      }
    }
    if (others_run_now) pause_until(begin + look_at.look_interval);
    if (try_once() == attempt::done) return true;
  }
  return false;
}

// Where an answer is due: the first look comes at once, and each further one after twice as long. If another
// thread is just giving the answer, this one looks on.
template <class TryOnce>
bool try_soon(TryOnce& try_once) {
  if (sync::processor_count() == 1) return false;
  std::chrono::nanoseconds interval = first_look_soon;
  for (int look = 0; look != looks_soon; ++look, interval *= 2) {
    pause_until(sync::clock::now() + interval, 1);
    attempt met = try_once();
    for (int again = 0; met == attempt::contended && again != looks_contended; ++again) {
      sync::pause();
      met = try_once();
    }
    if (met == attempt::done) return true;
  }
  return false;
}

// All that a thread does before it can be woken, in the way that it is used to.
template <class TryOnce>
bool try_as_usual(TryOnce& try_once, const deadline& until, pace look_at, waiting_habit& habit) {
  const waiting_habit::way way = habit.begin();
  if (way == waiting_habit::way::asleep) return false;
  if (way == waiting_habit::way::soon && try_soon(try_once)) return true;
  if (try_awake(try_once, until, look_at)) return true;
  habit.has_to_sleep(processor_share::of_program().is_large(sync::clock::now()));
  return false;
}

}  // namespace PLAIT_NAMESPACE::detail
