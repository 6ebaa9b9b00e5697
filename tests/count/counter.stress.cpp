// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <plait/counter.hpp>

#include "stress/counter_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using stress::counter_recorder;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;

// Runs work() in a thread that ends at once: its id goes to another one.
template <class Work>
void in_a_short_life(Work work) {
  std::thread(work).join();
}

// Threads come and go, so ids change owners while others add and read. Every add is 1, so the check is exact.
tally short_lives(const round& of) {
  constexpr int lives = 10;
  constexpr int adds = 200;
  plait::counter counter;
  counter_recorder told(of.threads);
  std::atomic<std::size_t> living = of.threads - 1;

  stress::team threads(of);
  threads.add("reader", [&](member& who) {
    while (living != 0) stress::load(who, counter, told.thread(0));
    stress::load(who, counter, told.thread(0));  // sees every add
  });
  for (std::size_t i = 1; i != of.threads; ++i)
    threads.add(fmt::format("parent {}", i), [&, i](member& who) {
      for (int life = 0; life != lives; ++life)
        in_a_short_life([&] {
          for (int n = 0; n != adds; ++n) stress::add(who, counter, 1, told.thread(i));
        });
      --living;
    });
  threads.run();
  return stress::check_counter(told);
}

// Counters come and go too: counters of other threads reuse their numbers.
tally numbers_used_again(const round& of) {
  constexpr int lives = 50;
  constexpr int adds = 50;
  std::vector<tally> done(of.threads);
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("owner {}", i), [&, i](member& who) {
      for (int life = 0; life != lives; ++life) {
        plait::counter counter;
        counter_recorder told(1);
        stress::load(who, counter, told.thread(0));
        in_a_short_life([&] {
          for (int n = 0; n != adds; ++n) stress::add(who, counter, 3, told.thread(0));
        });
        for (int n = 0; n != adds; ++n) stress::add(who, counter, 1, told.thread(0));
        stress::load(who, counter, told.thread(0));
        done[i] += stress::check_counter(told);
      }
    });
  threads.run();
  tally all;
  for (const tally& each : done) all += each;
  return all;
}

// Every add, negative ones included, is taken by exactly one exchange.
tally exchanges(const round& of) {
  constexpr int lives = 10;
  constexpr int adds = 200;
  const std::size_t takers = of.threads / 2;
  plait::counter counter;
  counter_recorder told(of.threads + 1);
  std::atomic<std::size_t> living = of.threads - takers;

  stress::team threads(of);
  for (std::size_t i = 0; i != takers; ++i)
    threads.add(fmt::format("taker {}", i), [&, i](member& who) {
      while (living != 0) {
        if (who.random() % 4 == 0)
          stress::load(who, counter, told.thread(i));
        else
          stress::exchange(who, counter, static_cast<std::int64_t>(who.random() % 1000), told.thread(i));
      }
    });
  for (std::size_t i = takers; i != of.threads; ++i)
    threads.add(fmt::format("parent {}", i), [&, i](member& who) {
      for (int life = 0; life != lives; ++life)
        in_a_short_life([&] {
          for (int n = 0; n != adds; ++n) {
            const auto either_way = static_cast<std::int64_t>(who.random() % 1000) - 300;
            stress::add(who, counter, either_way, told.thread(i));
          }
        });
      --living;
    });
  threads.run();

  stress::team last(of);
  last.add("reader", [&](member& who) { stress::load(who, counter, told.thread(of.threads)); });
  last.run();
  return stress::check_counter(told);
}

const workload all[] = {{"counter/short_lives", short_lives},
                        {"counter/numbers_used_again", numbers_used_again},
                        {"counter/exchanges", exchanges}};

}  // namespace
