// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>

#include <plait/counter.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

void compare_adds(page& out) {
  plait::counter counted;
  std::atomic<std::int64_t> shared = 0;
  std::mutex mutex;
  std::int64_t guarded = 0;
  const auto each = [](unsigned threads, auto add) { return [=] { return nanoseconds_each(threads, add); }; };
  const auto add_counter = [&] { counted.add(); };
  const auto add_atomic = [&] { shared.fetch_add(1, std::memory_order_relaxed); };
  const auto add_guarded = [&] {
    const std::lock_guard lock(mutex);
    ++guarded;
  };
  const unsigned many = some_threads();
  const std::vector<double> time =
      medians_in_turn({each(1, add_counter), each(many, add_counter), each(1, add_atomic),
                       each(many, add_atomic), each(1, add_guarded), each(many, add_guarded)});

  out.say("Nanoseconds that an add costs each thread (median of 5 times 50 ms):");
  out.row("{:<24} {:>12} {:>12}", "", "1 thread", fmt::format("{} threads", many));
  out.row("{:<24} {:>12.1f} {:>12.1f}", "plait::counter", time[0], time[1]);
  out.row("{:<24} {:>12.1f} {:>12.1f}", "std::atomic, fetch_add", time[2], time[3]);
  out.row("{:<24} {:>12.1f} {:>12.1f}", "std::mutex around ++", time[4], time[5]);
  out.gap();
  out.say(
      "With {} threads plait::counter is {} the atomic and {} the mutex. No two threads write to the same "
      "place: an add with {} threads is {} with one.",
      many, compared(time[1], time[3]), compared(time[1], time[5]), many, compared(time[1], time[0]));
}

void harvest(page& out) {
  constexpr std::int64_t adds = 10'000'000;
  const unsigned threads = some_threads();
  plait::counter events;
  std::atomic<unsigned> at_work = threads;
  std::int64_t reported = 0;
  int reports = 0;
  run_together(threads + 1, [&](unsigned i) {
    if (i != 0) {
      for (std::int64_t n = 0; n != adds; ++n) events.add();
      --at_work;
      return;
    }
    for (; at_work != 0; ++reports) {
      reported += events.exchange(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  reported += events.exchange(0);
  const std::int64_t made = threads * adds;
  out.say("Live: {} threads made {} adds, and another took what had come, {} times. It reported {} in all: {}.",
          threads, grouped(made), reports + 1, grouped(reported),
          reported == made ? "every add exactly once" : "that is NOT what was added, so please report a bug");
}

void outlive_threads(page& out) {
  constexpr int threads = 200;
  constexpr std::int64_t adds = 1000;
  plait::counter served;
  for (int i = 0; i != threads; ++i) {
    std::jthread([&] {
      for (std::int64_t n = 0; n != adds; ++n) served.add();
    }).join();
  }
  out.say("Threads may end. {} threads, one after the other, made {} adds each and are gone; load() says {}{}.",
          threads, grouped(adds), grouped(served.load()),
          served.load() == threads * adds ? "" : ", which is WRONG: please report a bug");
}

}  // namespace

void counter(page& out) {
  out.say(
      "Requests served, bytes read, cache hits: many threads add, somebody reads now and then. A mutex makes "
      "them queue up; one std::atomic makes them fight for one cache line.");
  out.code("counter", "count");
  compare_adds(out);

  out.say("Reading and resetting in one step, so that no event is reported twice or never:");
  out.code("counter", "harvest");
  harvest(out);
  outlive_threads(out);
}

}  // namespace plait::cli::tour
