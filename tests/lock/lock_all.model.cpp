// SPDX-License-Identifier: MIT
// lock_all under every schedule within the bounds of the search.
#include <array>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/operation_pairs.hpp"

namespace {

using plait::lock_all;
using plait::mutex;
using plait::try_lock_all;
using plait::try_lock_all_for;
using verify::check;
namespace sync = plait::detail::sync;
using namespace std::chrono_literals;

// A lock with only the functions that lock_all needs.
class plain_lock {
 public:
  void lock() { lock_.lock(); }
  bool try_lock() { return lock_.try_lock(); }
  void unlock() { lock_.unlock(); }

 private:
  mutex lock_;
};

struct state {
  std::string name;
  bool is_held;  // the second lock, by the body, until no other thread can continue
};

// Three locks, each with a number that only its holder may access.
template <class Lock>
class world {
 public:
  explicit world(const state& from) : is_held_(from.is_held) {
    for (auto& each : guarded_) each.number.construct(0);
    if (is_held_) guarded_[1].lock.lock();
  }
  ~world() {
    for (auto& each : guarded_) each.number.destroy();
  }

  void first_and_second(int) {
    hold(wait([&] { return lock_all(lock(0), lock(1)); }), 0, 1);
  }
  void second_and_first(int) {
    hold(wait([&] { return lock_all(lock(1), lock(0)); }), 0, 1);
  }
  void second_and_third_twice(int) {
    hold(wait([&] { return lock_all(lock(2), lock(1), lock(2)); }), 1, 2);
  }
  void listed(int) {
    hold(wait([&] { return lock_all(std::array{&lock(1), &lock(0)}); }), 0, 1);
  }
  void in_time(int) {
    hold(wait([&] { return try_lock_all_for(1ms, lock(0), lock(1)); }), 0, 1);
  }
  void or_stop(int) {
    hold(wait([&] { return lock_all(stop_->get_token(), lock(0), lock(1)); }), 0, 1);
  }
  void at_once(int) { hold(try_lock_all(lock(1), lock(2)), 1, 2); }
  void by_hand(int) {  // one within the other
    ++waiting_;
    lock(1).lock();
    lock(0).lock();
    --waiting_;
    add(0), add(1);
    lock(0).unlock();
    lock(1).unlock();
  }
  void stop(int) { verify::request_stop(*stop_); }

  void let_out() {
    check(waiting_ == 0 || is_held_, "somebody waits, and every lock is free");
    check(!is_held_ || (takes_and_gives_back(lock(0)) && takes_and_gives_back(lock(2))),
          "a lock is held by a thread that waits");
    if (is_held_) lock(1).unlock();
    is_held_ = false;
  }
  void judge() {
    for (std::size_t i = 0; i != guarded_.size(); ++i) {
      check(takes_and_gives_back(lock(i)), "every lock is free in the end");
      check(guarded_[i].number.read() == counted_[i], "holders never meet");
    }
  }

 private:
  struct guarded {
    Lock lock;
    sync::storage<int> number;
  };

  Lock& lock(std::size_t which) { return guarded_[which].lock; }
  static bool takes_and_gives_back(Lock& lock) {
    const bool has_it = lock.try_lock();
    if (has_it) lock.unlock();
    return has_it;
  }
  void add(std::size_t which) {
    ++guarded_[which].number.write();
    ++counted_[which];
  }
  template <class Wait>
  auto wait(Wait until) {
    ++waiting_;
    auto held = until();
    --waiting_;
    return held;
  }
  template <class Held>
  void hold(const Held& held, std::size_t a, std::size_t b) {
    if (held) add(a), add(b);
  }

  bool is_held_;
  std::array<guarded, 3> guarded_;
  std::array<int, 3> counted_{};
  std::unique_ptr<std::stop_source> stop_ = std::make_unique<std::stop_source>();
  int waiting_ = 0;
};

template <class Lock>
const model::operation<world<Lock>> operations[] = {
    {"first_and_second", &world<Lock>::first_and_second},
    {"second_and_first", &world<Lock>::second_and_first},
    {"second_and_third_twice", &world<Lock>::second_and_third_twice},
    {"listed", &world<Lock>::listed},
    {"in_time", &world<Lock>::in_time},
    {"or_stop", &world<Lock>::or_stop},
    {"at_once", &world<Lock>::at_once},
    {"by_hand", &world<Lock>::by_hand},
    {"stop", &world<Lock>::stop},
};

const state free[] = {{"free", false}};
const state held[] = {{"held", true}};
const state plain[] = {{"plain", false}};

const model::scenarios_of<world<mutex>, state> of_free{free, operations<mutex>};
const model::scenarios_of<world<mutex>, state> of_held{held, operations<mutex>};
const model::scenarios_of<world<plain_lock>, state> of_plain{plain, operations<plain_lock>};
const model::operation<world<mutex>> third[] = {{"second_and_first", &world<mutex>::second_and_first},
                                                {"stop", &world<mutex>::stop}};

class lock_all_pairs : public testing::TestWithParam<model::row> {};

TEST_P(lock_all_pairs, take_all_or_none_and_nobody_waits_for_nothing) {
  model::expect_sound(GetParam());
}

constexpr verify::options of_two{.depth_first = 4'000, .priorities = 200, .random = 100};
constexpr verify::options of_three{.depth_first = 1'000, .priorities = 100, .random = 0};

INSTANTIATE_TEST_SUITE_P(two_free, lock_all_pairs, testing::ValuesIn(of_free.pairs(of_two)), model::name_of);
INSTANTIATE_TEST_SUITE_P(two_held, lock_all_pairs, testing::ValuesIn(of_held.pairs(of_two)), model::name_of);
INSTANTIATE_TEST_SUITE_P(two_plain, lock_all_pairs, testing::ValuesIn(of_plain.pairs(of_two)), model::name_of);
INSTANTIATE_TEST_SUITE_P(three, lock_all_pairs, testing::ValuesIn(of_free.triples(third, of_three)),
                         model::name_of);

}  // namespace
