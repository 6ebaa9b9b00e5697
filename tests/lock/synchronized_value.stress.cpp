// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include <plait/synchronized_value.hpp>

#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using stress::member;

// Some threads add permits, by every operation that changes a value, and others take one at a time, waiting if
// there is none. Every waiter gets one in the end: a lost wake-up would hang.
template <class Mutex>
stress::tally permits(const stress::round& of) {
  constexpr std::uint64_t each_takes = 300;
  plait::synchronized_value<std::uint64_t, Mutex> available(0u), taken(0u);
  const std::size_t takers = of.threads / 2;
  const std::size_t givers = of.threads - takers;
  const std::uint64_t needed = takers * each_takes;

  stress::team threads(of);
  for (std::size_t i = 0; i != takers; ++i)
    threads.add(fmt::format("taker {}", i), [&](member& who) {
      const auto is_there = [](std::uint64_t permits) { return permits != 0; };
      for (std::uint64_t n = 0; n != each_takes;) {
        auto held = who.random() % 2 == 0
                        ? who.does("wait", [&] { return available.wait(is_there); })
                        : who.does("wait_for", [&] {
                            return available.wait_for(std::chrono::microseconds(who.random() % 200), is_there);
                          });
        if (!held) continue;
        stress::require(*held != 0, "what was waited for is not there");
        --*held;
        held.unlock();
        taken.update([](std::uint64_t all) { return all + 1; });
        ++n;
      }
    });
  for (std::size_t i = 0; i != givers; ++i)
    threads.add(fmt::format("giver {}", i), [&, i](member& who) {
      for (std::uint64_t left = needed / givers + (i == 0 ? needed % givers : 0); left != 0;) {
        const std::uint64_t some = 1 + who.random() % std::min<std::uint64_t>(left, 4);
        switch (who.random() % 4) {
          case 0:
            who.does("with", [&] { available.with([&](auto& permits) { permits += some; }); });
            break;
          case 1:
            who.does("lock", [&] { *available.lock() += some; });
            break;
          case 2:
            who.does("apply",
                     [&] { apply([&](std::uint64_t&, auto& permits) { permits += some; }, taken, available); });
            break;
          default:
            who.does("update", [&] { available.update([&](auto permits) { return permits + some; }); });
        }
        left -= some;
      }
    });
  threads.run();

  stress::require(available.load() == 0 && taken.load() == needed,
                  fmt::format("{} of {} taken, {} left", taken.load(), needed, available.load()));
  return {.operations = 2 * needed};
}

const stress::workload all[] = {
    {"synchronized_value/permits", permits<plait::mutex>},
    {"synchronized_value/permits_under_std_mutex", permits<std::mutex>},
};

}  // namespace
