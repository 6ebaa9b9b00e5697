// SPDX-License-Identifier: MIT
// Two tasks that take two locks in two orders, and each wants the one that the other has. Then the same with
// lock_all.
#include <chrono>
#include <iostream>
#include <latch>
#include <mutex>
#include <syncstream>
#include <thread>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

namespace {

using namespace std::chrono_literals;

plait::mutex lock1, lock2;

// Holds `first` and wants `second`. It gives up after a while, so that this program ends; and it holds on to
// `first` until the other one has given up, too.
bool one_after_the_other(plait::mutex& first, plait::mutex& second, std::latch& both_hold_one,
                         std::latch& both_are_done) {
  const std::lock_guard hold(first);
  both_hold_one.arrive_and_wait();
  const std::unique_lock wanted(second, 50ms);
  both_are_done.arrive_and_wait();
  return wanted.owns_lock();
}

}  // namespace

int main() {
  bool a_got_both = false, b_got_both = false;
  {
    std::latch both_hold_one(2), both_are_done(2);
    const auto task = [&](plait::mutex& first, plait::mutex& second) {
      return one_after_the_other(first, second, both_hold_one, both_are_done);
    };
    const std::jthread task_a([&] { a_got_both = task(lock1, lock2); });
    const std::jthread task_b([&] { b_got_both = task(lock2, lock1); });
  }
  std::cout << "one after the other: "
            << (a_got_both && b_got_both ? "both tasks got both locks" : "a deadlock") << '\n';

  int done = 0;
  {
    const auto task = [&](plait::mutex& first, plait::mutex& second) {
      for (int i = 0; i < 1000; ++i) {
        const auto held = plait::lock_all(first, second);  // the order does not matter
        ++done;
      }
    };
    const std::jthread task_a([&] { task(lock1, lock2); });
    const std::jthread task_b([&] { task(lock2, lock1); });
  }
  std::cout << "lock_all: both tasks got both locks " << done << " times\n";
  return done == 2000 ? 0 : 1;
}
