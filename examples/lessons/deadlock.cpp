// SPDX-License-Identifier: MIT
// Two tasks take two locks in opposite orders, for real: one of them is told so before it waits, and gives way,
// so that nothing hangs. Then they do it right: both locks at once, or in one order.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <stop_token>
#include <string>
#include <syncstream>
#include <thread>

#include <plait/lock_all.hpp>
#include <plait/lock_order.hpp>

namespace {

using namespace std::chrono_literals;
using mutex = plait::checked<std::mutex>;

mutex lock1("lock1"), lock2("lock2");

void say(const std::string& text) {
  std::osyncstream(std::cout) << text << '\n';
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

void take_one_after_the_other(const std::string& task, mutex& first, mutex& second) {
  const std::scoped_lock outer(first);
  std::this_thread::sleep_for(20ms);  // the other task has its first lock by now
  try {
    const std::scoped_lock inner(second);
    say(task + " got both locks");
  } catch (const plait::lock_order_error& refused) {
    say(task + " gives way. " + first_line(refused.what()));
  }
}

void take_both(const std::string& task, mutex& one, mutex& another) {
  const auto both = plait::lock_all(one, another);  // in any order: it never waits while it holds one
  say(task + " got both locks at once");
}

template <class Task>
void run(Task task_a, Task task_b) {
  const std::jthread a(task_a), b(task_b);
}

// Were the tasks to hang after all, it would end the program, and say so.
void watch(const std::stop_token& stop) {
  for (int i = 0; i != 1000 && !stop.stop_requested(); ++i) std::this_thread::sleep_for(10ms);
  if (stop.stop_requested()) return;
  std::cerr << "the tasks hang\n";
  std::_Exit(1);
}

}  // namespace

int main() {
  const std::jthread watchdog(watch);
  plait::lock_order::set_mode(plait::lock_order_mode::throw_error);

  run(
      +[] { take_one_after_the_other("task A", lock1, lock2); },
      +[] { take_one_after_the_other("task B", lock2, lock1); });

  run(+[] { take_both("task A", lock1, lock2); }, +[] { take_both("task B", lock2, lock1); });

  mutex lock3("lock3"), lock4("lock4");
  const auto task = [&](const char* name) {
    return [&, name] { take_one_after_the_other(name, lock3, lock4); };
  };
  run(task("safe task A"), task("safe task B"));

  std::cout << plait::lock_order::reports() << " report\n";
  return plait::lock_order::reports() == 1 ? 0 : 1;
}
