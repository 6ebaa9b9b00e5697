// SPDX-License-Identifier: MIT
// For tests of lock_order: a fixture that collects its reports, and threads that take locks in an order.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include <gtest/gtest.h>

#include <plait/lock_order.hpp>

#include "support/sanitizer.hpp"

#if PLAIT_UNDER_TSAN
// Whose own detector would report what is done here on purpose, and ends a program that holds 64 locks.
extern "C" const char* __tsan_default_options();  // NOLINT: its name
extern "C" const char* __tsan_default_options() {
  return "detect_deadlocks=0";
}
#endif

namespace reports_of_lock_order {

using plait::checked;
using plait::lock_certainty;
using plait::lock_order_mode;
using plait::lock_order_report;
using plait::lock_problem;
using mutex = checked<std::mutex>;
using shared_mutex = checked<std::shared_mutex>;

// A lock that any thread may unlock.
class open_lock {
 public:
  void lock() {
    while (!try_lock()) std::this_thread::yield();
  }
  bool try_lock() { return !is_closed_.exchange(true); }
  void unlock() { is_closed_ = false; }

 private:
  std::atomic<bool> is_closed_ = false;
};

template <class Body>
void by_thread(const char* name, Body body) {
  std::thread([&] {
    pthread_setname_np(pthread_self(), name);
    body();
  }).join();
}

template <class... Mutexes>
void nest(Mutexes&... in_order) {
  (..., in_order.lock());
  (..., in_order.unlock());
}

// Takes the first under which all the others are taken, in a thread of its own.
template <class... Mutexes>
void nest_by(const char* name, Mutexes&... in_order) {
  by_thread(name, [&] { nest(in_order...); });
}

// Collects the reports of one test, and leaves everything as it was.
class lock_order : public testing::Test {
 protected:
  lock_order() {
    plait::lock_order::on_report([this](const lock_order_report& each) {
      const std::lock_guard guard(lock_);
      all_.push_back(each);
    });
  }
  ~lock_order() override {
    plait::lock_order::on_report(nullptr);
    plait::lock_order::set_mode(lock_order_mode::log);
    plait::lock_order::report_from(lock_certainty::possible);
  }

  std::vector<lock_order_report> reports() {
    const std::lock_guard guard(lock_);
    return std::exchange(all_, {});
  }
  // The only one there is.
  lock_order_report only() {
    std::vector<lock_order_report> all = reports();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? lock_order_report{} : all.front();
  }
  void expect_none() {
    for (const lock_order_report& each : reports()) ADD_FAILURE() << each.text();
  }

 private:
  std::mutex lock_;
  std::vector<lock_order_report> all_;
};

}  // namespace reports_of_lock_order
