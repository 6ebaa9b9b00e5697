// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <plait/lock_order.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

using mutex = plait::checked<std::mutex>;

// Lets both threads have their first lock before either asks for its second: without the checks they would
// hang, each time.
void meet_for_real(page& out) {
  plait::lock_order::set_mode(plait::lock_order_mode::throw_error);
  mutex lock1("lock1"), lock2("lock2");
  std::string refused;
  int got_both = 0;
  std::mutex of_these;
  const auto task = [&](mutex& first, mutex& second) {
    const std::scoped_lock outer(first);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    try {
      const std::scoped_lock inner(second);
      const std::scoped_lock guard(of_these);
      ++got_both;
    } catch (const plait::lock_order_error& error) {
      const std::scoped_lock guard(of_these);
      refused = error.what();
    }
  };
  run_together(2, [&](unsigned i) { i == 0 ? task(lock1, lock2) : task(lock2, lock1); });
  plait::lock_order::set_mode(plait::lock_order_mode::log);
  if (refused.empty() || got_both != 1) {
    out.say("Live: nothing was reported, which is WRONG: please report a bug");
    return;
  }
  out.say(
      "Live: two tasks took two locks in opposite orders, at the same time. One was refused before it waited "
      "and "
      "gave way, so the other got both. The report, without its stacks:");
  for (std::size_t begin = 0; begin < refused.size();) {
    const std::size_t end = refused.find('\n', begin);
    const std::string line = refused.substr(begin, end - begin);
    if (line.find("#") == std::string::npos) out.row("{}", line);
    begin = end + 1;
  }
  out.gap();
}

// What a lock costs a thread that holds four others, in an order that is known by then.
double nanoseconds_under_four(mutex& last) {
  using clock = std::chrono::steady_clock;
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
      "but "
      "each time that either nests the locks, the order can be seen:");
  out.code("lock_order", "inversion");
  meet_for_real(out);

  out.say("What puts it right: all at once, or an order that is declared and kept.");
  out.code("lock_order", "together");
  out.code("lock_order", "rank");
  compare_locks(out);
}

}  // namespace plait::cli::tour
