// SPDX-License-Identifier: MIT
// Waits that end at a deadline although no thread sleeps for them: in order of their deadlines.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/detail/wait/waiter_list.hpp>

namespace PLAIT_NAMESPACE::detail {

// A wait that is ended from outside: by a stop request or a deadline.
class endable_wait {
 public:
  // True: nobody else will end the wait, and end() has to follow. False: somebody has, or is about to.
  virtual bool claim() noexcept = 0;
  // May destroy this.
  virtual void end() noexcept = 0;

 protected:
  endable_wait() noexcept = default;
  ~endable_wait() = default;
};

class wait_timer;

// All timers, the soonest first.
//
// Edges:  earlier  sooner_  seq_cst on both sides: a runner that sleeps until a later deadline has looked
//                           before the sooner timer came, and is woken
class wait_timers {
 public:
  using time_point = sync::clock::time_point;

  wait_timers() noexcept = default;
  wait_timers(const wait_timers&) = delete;
  wait_timers& operator=(const wait_timers&) = delete;

  // Ends the waits whose deadline has passed, and returns the next one's; nothing if there is none.
  std::optional<time_point> expire() noexcept;

  // Does that whenever a deadline passes, until a stop is requested.
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::uint32_t seen = sooner_.load(sync::relaxed);  // relaxed: an old value means one more look
      const std::optional<time_point> next = expire();
      changed_.wait(
          [&]() noexcept {
            const bool is_other = sooner_.load(sync::seq_cst) != seen;  // seq_cst earlier: runner's side
            return is_other ? attempt::done : attempt::blocked;
          },
          {next ? deadline::at(*next) : deadline::never(), &stop});
    }
  }

 private:
  friend class wait_timer;

  void add(wait_timer& timer) noexcept;
  // After this, the timer ends its wait no more.
  void remove(wait_timer& timer) noexcept;

  sync::mutex lock_;
  waiter_links ends_;                      // guarded by lock_; the soonest is after it
  sync::atomic<std::uint32_t> sooner_{0};  // how often a timer came before all others
  event_count changed_;                    // of that
};

// Ends a wait at its deadline unless it is destroyed before.
class wait_timer : waiter_links {
 public:
  wait_timer(wait_timers& timers, deadline until, endable_wait& wait) noexcept
      : timers_(timers), until_(*until.time()), wait_(wait) {
    timers_.add(*this);
  }
  ~wait_timer() { timers_.remove(*this); }
  wait_timer(const wait_timer&) = delete;
  wait_timer& operator=(const wait_timer&) = delete;

 private:
  friend class wait_timers;

  static wait_timer& at(waiter_links& place) noexcept { return static_cast<wait_timer&>(place); }

  wait_timers& timers_;
  const wait_timers::time_point until_;
  endable_wait& wait_;
};

inline std::optional<wait_timers::time_point> wait_timers::expire() noexcept {
  for (;;) {
    endable_wait* ended = nullptr;
    {
      const std::scoped_lock hold(lock_);
      if (ends_.is_alone()) return std::nullopt;
      wait_timer& first = wait_timer::at(*ends_.after);
      if (sync::clock::now() < first.until_) return first.until_;
      first.leave();
      // Under the lock, so that the timer, and with it the wait, is there.
      if (first.wait_.claim()) ended = &first.wait_;
    }
    if (ended != nullptr) ended->end();
  }
}

inline void wait_timers::add(wait_timer& timer) noexcept {
  {
    const std::scoped_lock hold(lock_);
    // Most waits of a program are equally long, so that a new one is among the last.
    waiter_links* after = &ends_;
    while (after->before != &ends_ && timer.until_ < wait_timer::at(*after->before).until_)
      after = after->before;
    timer.join_before(*after);
    if (timer.before != &ends_) return;
    sooner_.fetch_add(1, sync::seq_cst);  // seq_cst earlier: adder's side
  }
  changed_.notify_one();
}

inline void wait_timers::remove(wait_timer& timer) noexcept {
  const std::scoped_lock hold(lock_);
  timer.leave();
}

}  // namespace PLAIT_NAMESPACE::detail
