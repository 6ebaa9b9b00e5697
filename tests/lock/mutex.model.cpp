// SPDX-License-Identifier: MIT
// A mutex under every schedule within the bounds of the search: what it protects, and the threads that wait for
// it. Every wait begins with a deadline, but no wake-up may depend on it: deadlines_may_help is false.
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/operation_pairs.hpp"

namespace {

using plait::mutex;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;
using namespace std::chrono_literals;

constexpr verify::options no_help{.deadlines_may_help = false};

// A number that only the holder of the lock may access.
template <class Mutex>
struct guarded_number {
  guarded_number() { number.construct(0); }
  ~guarded_number() { number.destroy(); }

  void add_one() {
    lock.lock();
    ++number.write();
    lock.unlock();
  }
  bool add_if(bool has_lock) {
    if (!has_lock) return false;
    ++number.write();
    lock.unlock();
    return true;
  }

  Mutex lock;
  sync::storage<int> number;
};
using guarded = guarded_number<mutex>;

const verify::scenario scenarios[] = {
    {"two_holders_never_meet",
     [] {
       guarded all;
       threads([&] { all.add_one(), all.add_one(); }, [&] { all.add_one(), all.add_one(); });
       check(all.number.read() == 4);
     },
     no_help},

    {"three_threads_that_wait_are_all_let_in",
     [] {
       guarded all;
       threads([&] { all.add_one(); }, [&] { all.add_one(); }, [&] { all.add_one(); });
       check(all.number.read() == 3);
     },
     {.depth_first = 100'000, .deadlines_may_help = false}},

    {"one_who_takes_it_twice_does_not_leave_two_sleepers_behind",
     [] {
       guarded all;
       threads([&] { all.add_one(), all.add_one(); }, [&] { all.add_one(); }, [&] { all.add_one(); });
       check(all.number.read() == 4);
     },
     {.depth_first = 100'000, .deadlines_may_help = false}},

    // One counts itself while the lock is given to a sleeper, and comes to sleep late. The sleeper has gone by
    // then, and the lock is given again, to the late one; and another one has counted itself, so the word is
    // the same.
    {"who_comes_to_sleep_late_does_not_take_one_count_for_another",
     [] {
       guarded all;
       mutex another;
       sync::mutex gate;
       gate.lock();
       another.lock();
       all.lock.lock();
       const auto late = [&] {
         gate.lock(), gate.unlock();
         all.add_one();
       };
       verify::threads_until_standstill(
           [&] {
             check(!another.try_lock_for(2ms));  // meanwhile the sleeper has waited too long
             all.lock.unlock();
             gate.unlock();
           },
           [&] { all.add_one(); }, late, late);
       check(all.number.read() == 3);
     },
     {.depth_first = 200'000, .stale_loads = 0}},

    {"who_waits_sleeps_and_is_woken",
     [] {
       guarded all;
       all.lock.lock();
       threads([&] { all.add_one(); }, [&] { ++all.number.write(), all.lock.unlock(); });
       check(all.number.read() == 2);
     },
     no_help},

    {"a_sleeper_that_gives_up_does_not_swallow_the_wake_of_another",
     [] {
       guarded all;
       bool first = false;
       all.lock.lock();
       threads([&] { first = all.add_if(all.lock.try_lock_for(2ms)); }, [&] { all.add_one(); },
               [&] { all.lock.unlock(); });
       check(all.number.read() == (first ? 2 : 1));
     },
     {.depth_first = 100'000, .deadlines_may_help = false}},

    {"a_sleeper_that_is_stopped_does_not_swallow_the_wake_of_another",
     [] {
       guarded all;
       bool first = false;
       std::stop_source stop;
       all.lock.lock();
       threads([&] { first = all.add_if(all.lock.lock(stop.get_token())); }, [&] { all.add_one(); },
               [&] { all.lock.unlock(); }, [&] { verify::request_stop(stop); });
       check(all.number.read() == (first ? 2 : 1));
     },
     {.depth_first = 50'000, .deadlines_may_help = false}},

    {"a_stop_request_ends_the_wait",
     [] {
       mutex lock;
       std::stop_source stop;
       lock.lock();
       threads([&] { check(!lock.lock(stop.get_token())); }, [&] { verify::request_stop(stop); });
       lock.unlock();
       check(lock.try_lock(), "who has given up is no sleeper any more");
       lock.unlock();
     },
     no_help},

    {"a_deadline_ends_the_wait",
     [] {
       mutex lock;
       lock.lock();
       threads([&] { check(!lock.try_lock_for(3ms)); }, [&] { check(!lock.try_lock_for(0ms)); });
       lock.unlock();
       check(lock.try_lock(), "who has given up is no sleeper any more");
       lock.unlock();
     }},

    {"what_is_given_to_a_sleeper_is_not_for_one_that_has_not_slept",
     [] {
       guarded all;
       mutex another;
       another.lock();
       all.lock.lock();
       verify::threads_until_standstill(
           [&] {
             check(!another.try_lock_for(2ms));  // meanwhile the sleeper has waited too long
             all.lock.unlock();
             if (!all.lock.try_lock_for(0ms)) return;
             check(all.number.read() == 1, "the sleeper has been let in before");
             all.lock.unlock();
           },
           [&] { all.add_one(); });
     },
     {.priorities = 0,
      .random = 0,
      .stale_loads = 0}},  // else unlock() may see too late that somebody is overdue

    {"try_lock_takes_the_lock_once",
     [] {
       mutex lock;
       int holders = 0;
       const auto take = [&] {
         if (lock.try_lock()) ++holders;
       };
       threads(take, take);
       check(holders == 1);
     },
     no_help},

    // Of two threads that are done with an object, the second destroys it while the first may still be in
    // unlock().
    {"destroyed_by_the_next_holder_while_unlock_has_not_returned",
     [] {
       struct object {
         mutex lock;
         int users = 2;
       };
       auto shared = std::make_unique<object>();
       object* const raw = shared.get();
       const auto let_go = [&] {
         raw->lock.lock();
         const bool is_last = --raw->users == 0;
         sync::yield(), sync::yield();  // while which the other one may fall asleep
         raw->lock.unlock();
         if (is_last) shared.reset();
       };
       threads(let_go, let_go);
       check(shared == nullptr);
     },
     no_help},

    {"recursive_two_holders_never_meet",
     [] {
       guarded_number<plait::recursive_mutex> all;
       const auto add_two = [&] {
         all.lock.lock();
         all.add_one();
         check(all.lock.held_by_me());
         ++all.number.write();
         all.lock.unlock();
         check(!all.lock.held_by_me());
       };
       threads(add_two, add_two);
       check(all.number.read() == 4);
     },
     no_help},

    {"recursive_is_held_by_one",
     [] {
       plait::recursive_mutex lock;
       threads([&] { lock.lock(), check(lock.try_lock()), lock.unlock(), lock.unlock(); },
               [&] {
                 const bool has_it = lock.try_lock();
                 check(lock.held_by_me() == has_it);
                 if (has_it) lock.unlock();
               });
     },
     no_help},
};

TEST(mutex_freeze, a_stopped_holder_holds_up_those_who_want_the_lock) {
  model::expect_others_held_up([] {
    guarded all;
    threads([&] { all.add_one(); }, [&] { all.add_one(); });
  });
}

TEST(mutex_freeze, a_stopped_holder_holds_up_no_try_lock) {
  model::expect_others_go_on([] {
    guarded all;
    threads([&] { all.add_one(); }, [&] { (void)all.add_if(all.lock.try_lock()); });
  });
}

class mutex_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(mutex_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, mutex_model, testing::ValuesIn(scenarios), model::name_of);

TEST(mutex_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "/mutex.hpp", {}, {.depth_first = 5'000});
}

// -- every pair of operations --

struct state {
  std::string name;
  bool is_held;  // by the body, until no other thread can continue
};

class world {
 public:
  explicit world(const state& from) : is_held_(from.is_held) {
    number_.construct(0);
    if (is_held_) lock_.lock();
  }
  ~world() { number_.destroy(); }

  void lock(int) {
    hold(wait([&] { return lock_.lock(), true; }));
  }
  void lock_twice(int thread) { lock(thread), lock(thread); }
  void lock_in_time(int) {
    hold(wait([&] { return lock_.try_lock_for(1ms); }));
  }
  void lock_or_stop(int) {
    hold(wait([&] { return lock_.lock(stop_->get_token()); }));
  }
  void try_lock(int) { hold(lock_.try_lock()); }
  void stop(int) { verify::request_stop(*stop_); }

  void let_out() {
    check(waiting_ == 0 || is_held_, "somebody waits for a lock that is free");
    if (is_held_) lock_.unlock();
    is_held_ = false;
  }
  void judge() {
    check(!is_held_ && lock_.try_lock(), "the lock is free in the end");
    check(number_.read() == held_, "holders never meet");
    lock_.unlock();
  }

 private:
  template <class Wait>
  bool wait(Wait until) {
    ++waiting_;
    const bool has_it = until();
    --waiting_;
    return has_it;
  }
  void hold(bool has_it) {
    if (!has_it) return;
    ++number_.write();
    ++held_;
    lock_.unlock();
  }

  bool is_held_;
  mutex lock_;
  sync::storage<int> number_;
  std::unique_ptr<std::stop_source> stop_ = std::make_unique<std::stop_source>();
  int waiting_ = 0;
  int held_ = 0;
};

const model::operation<world> operations[] = {
    {"lock", &world::lock},
    {"lock_twice", &world::lock_twice},
    {"lock_in_time", &world::lock_in_time},
    {"lock_or_stop", &world::lock_or_stop},
    {"try_lock", &world::try_lock},
    {"stop", &world::stop},
};
const model::operation<world> third[] = {{"lock", &world::lock}, {"stop", &world::stop}};

const state free[] = {{"free", false}};
const state held[] = {{"held", true}};

const model::scenarios_of<world, state> of_free{free, operations};
const model::scenarios_of<world, state> of_held{held, operations};

class mutex_pairs : public testing::TestWithParam<model::row> {};

TEST_P(mutex_pairs, hold_the_lock_one_by_one_and_nobody_waits_for_nothing) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two_free, mutex_pairs,
                         testing::ValuesIn(of_free.pairs({.depth_first = 20'000,
                                                          .priorities = 100,
                                                          .random = 100,
                                                          .deadlines_may_help = false})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(
    two_held, mutex_pairs,
    testing::ValuesIn(of_held.pairs({.depth_first = 20'000, .priorities = 100, .random = 100})),
    model::name_of);
INSTANTIATE_TEST_SUITE_P(three_free, mutex_pairs,
                         testing::ValuesIn(of_free.triples(third, {.depth_first = 2'000,
                                                                   .priorities = 100,
                                                                   .random = 0,
                                                                   .deadlines_may_help = false})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(
    three_held, mutex_pairs,
    testing::ValuesIn(of_held.triples(third, {.depth_first = 2'000, .priorities = 100, .random = 0})),
    model::name_of);

}  // namespace
