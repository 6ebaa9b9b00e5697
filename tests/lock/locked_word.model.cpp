// SPDX-License-Identifier: MIT
// A locked_word under every schedule within the bounds of the search: what it protects, its owner's bits, and
// the threads that wait for it.
#include <gtest/gtest.h>

#include <plait/detail/lock/locked_word.hpp>
#include <plait/detail/sync.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::detail::locked_word;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;

constexpr locked_word::bits flag = 2;
constexpr locked_word::bits one = 4;

// A number that only the holder of the lock may access.
struct guarded_number {
  guarded_number() { number.construct(0); }
  ~guarded_number() { number.destroy(); }

  void add_one() {
    locked_word::bits found;
    word.lock(found);
    ++number.write();
    word.unlock(one);
  }

  locked_word word;
  sync::storage<int> number;
};

void change(locked_word& word, locked_word::bits added) {
  locked_word::bits found = word.peek();
  while (!word.try_change(found, found + added)) {
  }
}

// Of two threads that each change one word and then read the other one, one sees the other's change.
template <class Change, class Sees>
verify::body one_of_two_sees(Change change_it, Sees sees) {
  return [=] {
    locked_word a, b;
    bool sees_a = false, sees_b = false;
    threads([&] { change_it(a), sees_b = sees(b); }, [&] { change_it(b), sees_a = sees(a); });
    check(sees_a || sees_b);
  };
}

const verify::scenario scenarios[] = {
    {"two_holders_never_meet",
     [] {
       guarded_number all;
       threads([&] { all.add_one(), all.add_one(); }, [&] { all.add_one(), all.add_one(); });
       check(all.number.read() == 4 && all.word.look() == 4 * one);
     }},

    {"three_threads_that_wait_are_all_let_in",
     [] {
       guarded_number all;
       threads([&] { all.add_one(); }, [&] { all.add_one(); }, [&] { all.add_one(); });
       check(all.number.read() == 3 && all.word.look() == 3 * one);
     }},

    {"who_waits_sleeps_and_is_woken",
     [] {
       guarded_number all;
       locked_word::bits found;
       check(all.word.try_lock(found));
       threads([&] { all.add_one(); }, [&] { ++all.number.write(), all.word.unlock(one); });
       check(all.number.read() == 2);
     }},

    {"try_lock_says_what_it_found",
     [] {
       locked_word word;
       int holders = 0;
       const auto take = [&] {
         locked_word::bits found = 0;
         if (word.try_lock(found)) {
           check((found & locked_word::locked) == 0);
           ++holders;
         } else {
           check((found & locked_word::locked) != 0);
         }
       };
       threads(take, take);
       check(holders == 1);
     }},

    {"a_change_without_the_lock_survives_its_release",
     [] {
       locked_word word;
       threads(
           [&] {
             locked_word::bits found;
             word.lock(found);
             word.unlock(one);
           },
           [&] { change(word, one); }, [&] { change(word, one); });
       check(word.look() == 3 * one);
     }},

    // As with an inbox: what a change has announced belongs to the thread that clears it when it takes the
    // lock.
    {"what_is_announced_without_the_lock_is_taken_with_it_once",
     [] {
       locked_word word;
       sync::storage<int> left;
       int taken = 0;
       const auto take = [&] {
         locked_word::bits found;
         word.lock(found, plait::detail::pace_of_items,
                   [](locked_word::bits before) { return before & ~flag; });
         if ((found & flag) != 0) taken += left.read(), left.destroy();
         word.unlock();
       };
       threads([&] { left.construct(7), change(word, flag); }, [&] { take(), take(); });
       take();
       check(taken == 7 && word.look() == 0);
     }},

    {"one_of_two_sees_what_the_other_released",
     one_of_two_sees(
         [](locked_word& word) {
           locked_word::bits found;
           word.lock(found);
           word.unlock(one);
         },
         [](const locked_word& word) { return word.look() == one; })},
    {"one_of_two_sees_what_the_other_changed",
     one_of_two_sees([](locked_word& word) { change(word, one); },
                     [](const locked_word& word) { return word.look() == one; })},
};

TEST(locked_word_freeze, a_stopped_holder_holds_up_those_who_want_the_lock) {
  model::expect_others_held_up([] {
    guarded_number all;
    threads([&] { all.add_one(); }, [&] { all.add_one(); });
  });
}

TEST(locked_word_freeze, a_stopped_holder_holds_up_no_change) {
  model::expect_others_go_on([] {
    guarded_number all;
    threads([&] { all.add_one(); }, [&] { change(all.word, one); });
  });
}

class locked_word_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(locked_word_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, locked_word_model, testing::ValuesIn(scenarios), model::name_of);

TEST(locked_word_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "locked_word.hpp");
}

}  // namespace
