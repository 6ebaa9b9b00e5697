// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <mutex>
#include <vector>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

// Each of two threads holds a lock and wants the other's; a deadline ends the deadlock.
void hang_for_a_while(page& out) {
  constexpr std::chrono::milliseconds patience(100);
  std::array<plait::mutex, 2> locks;
  std::latch hold_one(2), are_done(2);
  std::atomic<int> got_both = 0;
  const double seconds = run_together(2, [&](unsigned i) {
    const std::lock_guard first(locks[i]);
    hold_one.arrive_and_wait();
    const std::unique_lock second(locks[1 - i], patience);
    if (second.owns_lock()) ++got_both;
    are_done.arrive_and_wait();
  });
  out.say(
      "Live: one thread locks A and then wants B, the other locks B and then wants A. They waited for {:.0f} "
      "ms, which is when the deadline came that std::mutex does not have. Threads that got both: {} of 2.",
      seconds * 1e3, got_both.load());
}

struct account {
  plait::mutex lock;
  std::int64_t balance = 0;
};

void transfer_both_ways(page& out) {
  constexpr int times = 100'000;
  std::array<account, 2> accounts;
  run_together(2, [&](unsigned i) {
    account &from = accounts[i], &to = accounts[1 - i];
    for (int n = 0; n != times; ++n) {
      const auto held = plait::lock_all(from.lock, to.lock);
      --from.balance;
      ++to.balance;
    }
  });
  out.say("Live: two threads made {} transfers, and the balances add up to {}.", grouped(2 * times),
          accounts[0].balance + accounts[1].balance);
}

void compare_locks_of_four(page& out) {
  std::array<plait::mutex, 4> ours;
  std::array<std::mutex, 4> others;
  const std::vector<double> time = medians_in_turn({
      [&] {
        return nanoseconds_each(1,
                                [&] { const auto held = plait::lock_all(ours[0], ours[1], ours[2], ours[3]); });
      },
      [&] {
        return nanoseconds_each(
            1, [&] { const std::scoped_lock held(others[0], others[1], others[2], others[3]); });
      },
  });
  out.say("What four locks that nobody else wants cost (median of 5 times 50 ms):");
  out.row("{:<36} {:>8.1f} ns", "plait::lock_all", time[0]);
  out.row("{:<36} {:>8.1f} ns", "std::scoped_lock", time[1]);
  out.gap();
}

}  // namespace

void lock_all(page& out) {
  hang_for_a_while(out);
  out.say("lock_all takes them in any order, because it holds none while it waits for one:");
  out.code("lock_all", "transfer");
  transfer_both_ways(out);
  out.say("The locks may be those of a range, and there may be a deadline:");
  out.code("lock_all", "range");
  compare_locks_of_four(out);
}

}  // namespace plait::cli::tour
