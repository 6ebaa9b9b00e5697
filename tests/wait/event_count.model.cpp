// SPDX-License-Identifier: MIT
// Waiters and notifiers of an event count, in every interleaving.
#include <array>
#include <chrono>
#include <cstddef>
#include <stop_token>

#include <gtest/gtest.h>

#include <plait/detail/wait/event_count.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::detail::attempt;
using plait::detail::deadline;
using plait::detail::event_count;
using plait::detail::open_event_count;
using plait::detail::pace_of_items;
using plait::detail::registered_waiter;
using plait::detail::wait_limits;
using plait::detail::waiting_habit;
namespace sync = plait::detail::sync;
using namespace std::chrono_literals;

// A condition and its event count: permits that notifiers give and waiters take.
class permits {
 public:
  void give() noexcept {
    available_.fetch_add(1, sync::seq_cst);
    changed_.notify_one();
  }

  // One who takes a permit when he is told that there may be some: at once, or later in whatever thread
  // notifies.
  class caller : registered_waiter {
   public:
    explicit caller(permits& of) : of_(of) {}

    // To be called once.
    void begin() noexcept { take_or_register(); }

    // False: it has taken a permit, or will.
    bool give_up() noexcept { return of_.changed_.leave(*this); }

    bool has_taken() const noexcept { return taken_.load(sync::seq_cst); }

   private:
    // Whether permits are left when it has taken one.
    bool take_or_register() noexcept {
      for (;;) {
        if (of_.try_take() == attempt::done) {
          const bool more = of_.available() != 0;
          taken_.store(true, sync::seq_cst);
          return more;
        }
        if (of_.changed_.enter_unless(*this, [this] { return of_.available() != 0; })) return false;
      }
    }
    bool notified() noexcept override { return take_or_register(); }

    permits& of_;
    sync::atomic<bool> taken_{false};
  };

  bool take(wait_limits limits = {}) {
    if (try_take() == attempt::done) return true;
    waiting_habit& habit = waiting_habit::at(&changed_);
    const bool taken = changed_.wait([this] { return try_take(); }, limits, pace_of_items, habit);
    // Rule 2 of the event count: notify the next waiter if permits are left.
    const bool more = taken && available_.load(sync::seq_cst) != 0;
    habit.learn(more);
    if (more) changed_.notify_one();
    return taken;
  }

  // Without waiting, and so without notifying others.
  void take_at_once() noexcept { try_take(); }

  int available() const noexcept { return available_.load(sync::seq_cst); }

 private:
  attempt try_take() noexcept {
    int seen = available_.load(sync::seq_cst);
    while (seen > 0)
      if (available_.compare_exchange_weak(seen, seen - 1, sync::seq_cst)) return attempt::done;
    return attempt::blocked;
  }

  sync::atomic<int> available_{0};
  open_event_count changed_;
};

// A condition in several atomics, like that of a queue: taking one does not write the others, so that only the
// event count orders a read of them.
class flags {
 public:
  void raise(std::size_t which) noexcept {
    raised_[which].exchange(true, sync::seq_cst);
    changed_.notify_one();
  }

  void take_one() {
    changed_.wait([this] { return try_take(); }, {});
    for (const sync::atomic<bool>& each : raised_)
      if (each.load(sync::seq_cst)) return changed_.notify_one();
  }

 private:
  attempt try_take() noexcept {
    for (sync::atomic<bool>& each : raised_)
      if (each.load(sync::seq_cst) && each.exchange(false, sync::seq_cst)) return attempt::done;
    return attempt::blocked;
  }

  std::array<sync::atomic<bool>, 2> raised_{};
  event_count changed_;
};

const verify::scenario scenarios[] = {
    {"one_notifier_makes_two_conditions_true",
     [] {
       flags some;
       verify::threads([&] { some.take_one(); }, [&] { some.take_one(); },
                       [&] {
                         some.raise(0);
                         some.raise(1);
                       });
     }},

    {"two_notifiers_make_one_condition_true_each",
     [] {
       flags some;
       verify::threads([&] { some.take_one(); }, [&] { some.take_one(); }, [&] { some.raise(0); },
                       [&] { some.raise(1); });
     }},

    {"one_waiter_takes_two_conditions",
     [] {
       flags some;
       verify::threads(
           [&] {
             some.take_one();
             some.take_one();
           },
           [&] { some.raise(0); }, [&] { some.raise(1); });
     }},

    {"wakes_the_waiter",
     [] {
       permits some;
       verify::threads([&] { some.take(); }, [&] { some.give(); });
     }},

    {"two_waiters_get_what_two_notifiers_give",
     [] {
       permits some;
       verify::threads([&] { some.take(); }, [&] { some.take(); }, [&] { some.give(); }, [&] { some.give(); });
       verify::check(some.available() == 0);
     }},

    {"two_waiters_get_what_one_notifier_gives_at_once",
     [] {
       permits some;
       verify::threads([&] { some.take(); }, [&] { some.take(); },
                       [&] {
                         some.give();
                         some.give();
                       });
       verify::check(some.available() == 0);
     }},

    {"a_waiter_that_gives_up_does_not_swallow_the_wake_of_another",
     [] {
       permits some;
       bool first = false;
       verify::threads([&] { first = some.take({deadline::after(1ms)}); }, [&] { some.take(); },
                       [&] {
                         some.give();
                         some.give();
                       });
       verify::check(some.available() == (first ? 0 : 1));
     },
     {.deadlines_may_help = false}},

    // The second waiter falls asleep while a wake is in flight that is not meant for it.
    {"a_waiter_that_gives_up_looks_after_it_has_left",
     [] {
       permits some;
       verify::threads(
           [&] {
             if (some.take({deadline::after(0ms)})) some.give();
           },
           [&] { some.take(); },
           [&] {
             some.give();
             some.take_at_once();
           },
           [&] { some.give(); });
     },
     {.priorities = 20'000}},

    // Whoever has slept for one permit sleeps at once for the next.
    {"a_waiter_that_sleeps_at_once_is_woken",
     [] {
       permits some;
       verify::threads(
           [&] {
             some.take();
             some.take();
             some.take();
           },
           [&] {
             some.give();
             some.give();
             some.give();
           });
       verify::check(some.available() == 0);
     },
     {.deadlines_may_help = false}},

    {"a_waiter_that_sleeps_at_once_and_gives_up_does_not_swallow_the_wake_of_another",
     [] {
       permits some;
       int taken = 0;
       verify::threads(
           [&] {
             some.take();
             taken += some.take({deadline::after(1ms)}) ? 1 : 0;
           },
           [&] {
             some.take();
             some.take();
           },
           [&] {
             for (int i = 0; i != 4; ++i) some.give();
           });
       verify::check(some.available() == 1 - taken);
     },
     {.deadlines_may_help = false}},

    {"the_deadline_ends_the_wait",
     [] {
       permits some;
       verify::threads([&] { verify::check(!some.take({deadline::after(1ms)})); });
     }},

    {"a_stop_request_ends_the_wait",
     [] {
       permits some;
       std::stop_source stop;
       const std::stop_token token = stop.get_token();
       verify::threads([&] { verify::check(!some.take({deadline::never(), &token})); },
                       [&] { verify::request_stop(stop); });
     }},

    {"a_stop_request_does_not_swallow_the_wake_of_another",
     [] {
       permits some;
       std::stop_source stop;
       const std::stop_token token = stop.get_token();
       bool first = false;
       verify::threads([&] { first = some.take({deadline::never(), &token}); }, [&] { some.take(); },
                       [&] {
                         some.give();
                         some.give();
                       },
                       [&] { verify::request_stop(stop); });
       verify::check(some.available() == (first ? 0 : 1));
     }},

    {"a_registered_waiter_is_notified",
     [] {
       permits some;
       permits::caller caller(some);
       verify::threads([&] { caller.begin(); }, [&] { some.give(); });
       verify::check(caller.has_taken() && some.available() == 0);
     }},

    {"two_registered_waiters_get_what_two_notifiers_give",
     [] {
       permits some;
       permits::caller one(some);
       permits::caller other(some);
       verify::threads([&] { one.begin(); }, [&] { other.begin(); }, [&] { some.give(); },
                       [&] { some.give(); });
       verify::check(one.has_taken() && other.has_taken());
     }},

    {"a_thread_and_a_registered_waiter_get_what_is_given",
     [] {
       permits some;
       permits::caller caller(some);
       verify::threads([&] { caller.begin(); }, [&] { some.take(); },
                       [&] {
                         some.give();
                         some.give();
                       });
       verify::check(caller.has_taken() && some.available() == 0);
     }},

    {"a_registered_waiter_that_gives_up_takes_no_wake_along",
     [] {
       permits some;
       permits::caller caller(some);
       bool gave_up = false;
       verify::threads(
           [&] {
             caller.begin();
             gave_up = caller.give_up();
           },
           [&] { some.take(); },
           [&] {
             some.give();
             some.give();
           });
       verify::check(gave_up != caller.has_taken());
       verify::check(some.available() == (gave_up ? 1 : 0));
     }},

    {"notify_all_wakes_all",
     [] {
       sync::atomic<bool> open{false};
       event_count opened;
       const auto wait = [&] {
         opened.wait([&] { return open.load(sync::seq_cst) ? attempt::done : attempt::blocked; }, {});
       };
       verify::threads(wait, wait, [&] {
         open.exchange(true, sync::seq_cst);
         opened.notify_all();
       });
     }},
};

class event_count_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(event_count_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, event_count_model, testing::ValuesIn(scenarios), model::name_of);

TEST(event_count_orders, every_order_is_needed) {
  model::expect_orders_needed(
      scenarios, "event_count.hpp",
      {
          {"const std::uint32_t epoch = epoch_.load",
           "orders a stop request, and std::stop_token is not modelled"},
          {"epoch_.fetch_add(1, sync::release)", "orders a stop request, and std::stop_token is not modelled"},
      });
}

}  // namespace
