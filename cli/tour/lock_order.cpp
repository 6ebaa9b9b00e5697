// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <plait/lock_all.hpp>
#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

using clock = std::chrono::steady_clock;
using mutex = plait::checked<std::mutex>;

// Ends a program that hangs.
class watchdog {
 public:
  explicit watchdog(std::chrono::seconds limit)
      : thread_([limit](const std::stop_token& stop) {
          std::mutex unused;
          std::condition_variable_any over;
          std::unique_lock lock(unused);
          over.wait_for(lock, stop, limit, [] { return false; });
          if (stop.stop_requested()) return;
          std::fputs("plait tour: the tasks hang, which is WRONG: please report a bug\n", stderr);
          std::_Exit(2);
        }) {}

 private:
  std::jthread thread_;
};

// The two tasks with locks that nobody checks. They meet each time, and hang until they give up.
void hang_until_both_give_up(page& out) {
  constexpr std::chrono::milliseconds patience(200);
  std::array<plait::mutex, 2> locks;
  std::latch hold_one(2), are_done(2);
  std::atomic<int> got_both = 0;
  const double seconds = run_together(2, [&](unsigned i) {
    const std::lock_guard outer(locks[i]);
    hold_one.arrive_and_wait();
    const bool got_it = locks[1 - i].try_lock_for(patience);
    if (got_it) ++got_both;
    are_done.arrive_and_wait();
    if (got_it) locks[1 - i].unlock();
  });
  out.say(
      "Live: task A takes lock1 and then lock2, task B lock2 and then lock1. They hung for {:.0f} ms; then "
      "they gave up, as plait::mutex allows. Tasks that got both locks: {} of 2.",
      seconds * 1e3, got_both.load());
}

// The same two tasks with checked locks.
void report_before_the_wait(page& out) {
  plait::lock_order::set_mode(plait::lock_order_mode::throw_error);
  mutex lock1("lock1"), lock2("lock2");
  std::latch hold_one(2);
  std::string refused;
  int got_both = 0;
  std::mutex of_these;
  const auto task = [&](mutex& first, mutex& second) {
    const std::scoped_lock outer(first);
    hold_one.arrive_and_wait();
    try {
      const std::scoped_lock inner(second);
      const std::scoped_lock guard(of_these);
      ++got_both;
    } catch (const plait::lock_order_error& error) {
      const std::scoped_lock guard(of_these);
      refused = error.what();
    }
  };
  {
    const watchdog limit(std::chrono::seconds(60));
    run_together(2, [&](unsigned i) { i == 0 ? task(lock1, lock2) : task(lock2, lock1); });
  }
  plait::lock_order::set_mode(plait::lock_order_mode::log);
  if (refused.empty() || got_both != 1) {
    out.say("Live: nothing was reported, which is WRONG: please report a bug");
    return;
  }
  out.say(
      "The same two tasks with checked locks. One was refused before it waited and gave way, so the other got "
      "both. The report, without its stacks:");
  for (std::size_t begin = 0; begin < refused.size();) {
    const std::size_t end = refused.find('\n', begin);
    const std::string line = refused.substr(begin, end - begin);
    if (line.find("#") == std::string::npos) out.row("{}", line);
    begin = end + 1;
  }
  out.gap();
}

// And with both locks at once, in whatever order.
void take_both_at_once(page& out) {
  constexpr int times = 50'000;
  mutex lock1("lock1 of both"), lock2("lock2 of both");
  const std::uint64_t before = plait::lock_order::reports();
  std::array<int, 2> got_both{};
  {
    const watchdog limit(std::chrono::seconds(60));
    run_together(2, [&](unsigned i) {
      for (; got_both[i] != times; ++got_both[i])
        const auto both = i == 0 ? plait::lock_all(lock1, lock2) : plait::lock_all(lock2, lock1);
    });
  }
  out.say("Live: with lock_all the two tasks took both locks {} times, in opposite orders. Reports: {}.",
          grouped(got_both[0] + got_both[1]), plait::lock_order::reports() - before);
}

// What a lock costs a thread that holds four others, in an order that is known by then.
double nanoseconds_under_four(mutex& last) {
  constexpr std::int64_t locks = 200'000;
  mutex held[4];
  for (mutex& each : held) each.lock();
  const clock::time_point start = clock::now();
  for (std::int64_t i = 0; i != locks; ++i) const std::scoped_lock guard(last);
  const std::chrono::duration<double, std::nano> elapsed = clock::now() - start;
  for (mutex& each : held) each.unlock();
  return elapsed.count() / static_cast<double>(locks);
}

void compare_locks(page& out) {
  std::mutex plain;
  mutex checked;
  const std::vector<double> time = medians_in_turn({
      [&] { return nanoseconds_each(1, [&] { const std::scoped_lock guard(plain); }); },
      [&] { return nanoseconds_each(1, [&] { const std::scoped_lock guard(checked); }); },
      [&] { return nanoseconds_under_four(checked); },
  });
  out.say("What it costs to lock and unlock (median of 5 times):");
  out.row("{:<40} {:>8.1f} ns", "std::mutex", time[0]);
  out.row("{:<40} {:>8.1f} ns", "checked, nothing else held", time[1]);
  out.row("{:<40} {:>8.1f} ns", "checked, four others held", time[2]);
  out.gap();
}

}  // namespace

void lock_order(page& out) {
  out.say(
      "Two threads that take two locks in opposite orders hang, if they meet. In tests they hardly ever do; "
      "but each time that either nests the locks, the order can be seen:");
  hang_until_both_give_up(out);
  out.code("lock_order", "inversion");
  report_before_the_wait(out);

  out.say("What puts it right: all at once, or an order that is declared and kept.");
  out.code("lock_order", "together");
  take_both_at_once(out);
  out.code("lock_order", "rank");
  compare_locks(out);
}

}  // namespace plait::cli::tour
