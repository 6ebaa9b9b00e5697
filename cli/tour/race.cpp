// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include <plait/counter.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

constexpr unsigned threads = 2;

// Read, add, write: what `++number` does to a plain variable, without the undefined behaviour.
void add_unprotected(std::atomic<std::int64_t>& number) {
  const std::int64_t seen = number.load(std::memory_order_relaxed);
  number.store(seen + 1, std::memory_order_relaxed);
}

void lose_updates(page& out) {
  constexpr std::int64_t adds = 5'000'000;
  constexpr int rounds = 3;
  std::int64_t lost_in_all = 0;
  out.row("{:>6}  {:>12}  {:>12}  {:>12}  {:>8}", "round", "adds made", "number says", "lost", "took");
  for (int round = 1; round <= rounds; ++round) {
    std::atomic<std::int64_t> number = 0;
    const double seconds = run_together(threads, [&](unsigned) {
      for (std::int64_t i = 0; i != adds; ++i) add_unprotected(number);
    });
    const std::int64_t made = threads * adds, lost = made - number;
    out.row("{:>6}  {:>12}  {:>12}  {:>12}  {:>5.1f} ms", round, grouped(made), grouped(number.load()),
            grouped(lost), seconds * 1e3);
    lost_in_all += lost;
  }
  out.gap();

  const double share = 100.0 * static_cast<double>(lost_in_all) / static_cast<double>(adds * threads * rounds);
  if (lost_in_all == 0)
    out.say(
        "Nothing was lost this time: the threads happened never to meet between a read and a write. The next "
        "run may differ, and that is what makes such a bug hard to find.");
  else
    out.say(
        "{} updates are gone, {:.3g} % of all, and nothing complained. Between a thread's read and its write "
        "the other one wrote; the write put the old number back.",
        grouped(lost_in_all), share);
}

}  // namespace

void race(page& out) {
  out.say("Two threads add 1 to the same number. Each reads it, adds, and writes the sum back:");
  out.code("lost_update", "lost");
  lose_updates(out);

  out.say("A counter of plait keeps a cell for each thread, so there is nothing to overwrite:");
  out.code("lost_update", "kept");

  std::array<std::int64_t, threads> made{};
  plait::counter kept;
  run_together(threads, [&](unsigned i) {
    for (; made[i] != 5'000'000; ++made[i]) kept.add();
  });
  const std::int64_t all = made[0] + made[1];
  out.say("The same {} adds: the counter says {}, so {} were lost.", grouped(all), grouped(kept.load()),
          grouped(all - kept.load()));

  std::atomic<std::int64_t> unprotected = 0, shared = 0;
  plait::counter counted;
  const std::vector<double> time = medians_in_turn({
      [&] { return nanoseconds_each(threads, [&] { add_unprotected(unprotected); }); },
      [&] { return nanoseconds_each(threads, [&] { shared.fetch_add(1, std::memory_order_relaxed); }); },
      [&] { return nanoseconds_each(threads, [&] { counted.add(); }); },
  });
  out.say("What an add costs each of the {} threads while both add (median of 5 times 50 ms):", threads);
  out.row("{:<34} {:>8.1f} ns", "read, add, write (loses updates)", time[0]);
  out.row("{:<34} {:>8.1f} ns", "std::atomic, fetch_add", time[1]);
  out.row("{:<34} {:>8.1f} ns", "plait::counter, add", time[2]);
  out.gap();
  out.say("So plait::counter is {} the shared std::atomic, which also loses nothing.",
          compared(time[2], time[1]));
}

}  // namespace plait::cli::tour
