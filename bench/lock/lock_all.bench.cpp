// SPDX-License-Identifier: MIT
// lock_all compared with std::scoped_lock, both with std::mutex; and lock_all with mutex.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

#include "lock/lock.bench.hpp"

namespace {

struct plait_lock_all {
  template <class... Mutex>
  static auto take(Mutex&... mutexes) {
    return plait::lock_all(mutexes...);
  }
};

struct std_lock {
  template <class... Mutex>
  static std::scoped_lock<Mutex...> take(Mutex&... mutexes) {
    return std::scoped_lock(mutexes...);
  }
};

using bench::guarded_count;

// Takes four locks and releases them, in a single thread.
template <class Way, class Mutex>
bench::measurement four(std::chrono::nanoseconds time) {
  std::array<guarded_count<Mutex>, 4> guarded;
  bench::stop_flag stop;
  const bench::job taker = [&] {
    constexpr int between_looks = 64;
    while (!stop())
      for (int i = 0; i != between_looks; ++i) {
        const auto held = Way::take(guarded[0].mutex, guarded[1].mutex, guarded[2].mutex, guarded[3].mutex);
        ++guarded[0].count;
      }
  };
  bench::measurement measured = run_together({taker}, time, stop);
  measured.items = static_cast<double>(guarded[0].count);
  return measured;
}

// Eight threads take four of sixteen locks, chosen at random, and add 1 to what each guards.
template <class Way, class Mutex>
bench::measurement four_of_sixteen(std::chrono::nanoseconds time) {
  constexpr std::size_t threads = 8;
  constexpr std::size_t locks = 16;
  std::array<guarded_count<Mutex>, locks> guarded;
  bench::stop_flag stop;
  std::atomic<std::uint64_t> made = 0;
  std::atomic<std::uint64_t> seeds = 1;
  const bench::job taker = [&] {
    std::uint64_t state = seeds.fetch_add(1) * 0x9e3779b97f4a7c15;
    const auto other_than = [&](auto... taken) {
      for (;;) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        const std::size_t drawn = state % locks;
        if (((drawn != taken) && ...)) return drawn;
      }
    };
    std::uint64_t mine = 0;
    for (; !stop(); ++mine) {
      const std::size_t a = other_than(), b = other_than(a), c = other_than(a, b), d = other_than(a, b, c);
      const auto held = Way::take(guarded[a].mutex, guarded[b].mutex, guarded[c].mutex, guarded[d].mutex);
      for (const std::size_t each : {a, b, c, d}) ++guarded[each].count;
    }
    made += 4 * mine;
  };
  bench::measurement measured = run_together(std::vector(threads, taker), time, stop);
  std::uint64_t counted = 0;
  for (const auto& each : guarded) counted += each.count;
  bench::check_count(made, counted);
  measured.items = static_cast<double>(counted) / 4;
  return measured;
}

template <class Way, class Mutex>
void add(const std::string& name) {
  bench::suite().push_back({"lock_all", "four", "1T", name, 1, four<Way, Mutex>});
  bench::suite().push_back({"lock_all", "four_of_sixteen", "8T", name, 8, four_of_sixteen<Way, Mutex>});
}

const bench::registration ways([] {
  add<plait_lock_all, plait::mutex>("plait");
  add<plait_lock_all, std::mutex>("plait_std_mutex");
  add<std_lock, std::mutex>("std");
});

}  // namespace
