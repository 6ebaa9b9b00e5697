// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

#include "stress/lock_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using stress::member;

// Threads take some of the locks, chosen at random and named in any order, some of them twice, by every
// function; and some take two by hand, one within the other. At the end every time that locks were held has
// been counted.
template <class Mutex>
stress::tally some_of_the_locks(const stress::round& of) {
  constexpr std::size_t count = 6;
  constexpr int times = 200;
  std::array<Mutex, count> locks;
  std::array<stress::guarded_numbers, count> guarded;
  std::vector<std::array<std::uint64_t, count>> held(of.threads);
  std::vector<std::stop_source> stops(of.threads * times);

  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("user {}", i), [&, i](member& who) {
      for (int n = 0; n != times; ++n) {
        const std::size_t a = who.random() % count, b = who.random() % count, c = who.random() % count;
        const auto use = [&](std::initializer_list<std::size_t> which) {
          std::array<bool, count> used{};
          for (const std::size_t each : which)
            if (!std::exchange(used[each], true)) guarded[each].add(who), ++held[i][each];
        };
        const std::size_t mine = i * times + static_cast<std::size_t>(n);
        const auto wait = std::chrono::microseconds(who.random() % 200);
        switch (who.random() % 7) {
          case 0:
            if (const auto all =
                    who.does("try_lock_all", [&] { return plait::try_lock_all(locks[a], locks[b]); }))
              use({a, b});
            break;
          case 1:
            if (const auto all = who.does("try_lock_all_for", [&] {
                  return plait::try_lock_all_for(wait, locks[a], locks[b], locks[c]);
                }))
              use({a, b, c});
            break;
          case 2:
            if (const auto all = who.does("lock_all(stop_token)", [&] {
                  return plait::lock_all(stops[mine].get_token(), locks[a], locks[b]);
                }))
              use({a, b});
            break;
          case 3: {
            const auto all = who.does("lock_all(range)", [&] {
              return plait::lock_all(std::array{&locks[a], &locks[b], &locks[c]});
            });
            use({a, b, c});
            break;
          }
          case 4:
            if (a > b) {  // by hand, in the same order in all threads that do so
              const std::lock_guard outer(locks[b]);
              const std::lock_guard inner(locks[a]);
              use({a, b});
            }
            break;
          default: {
            const auto all =
                who.does("lock_all", [&] { return plait::lock_all(locks[a], locks[b], locks[c]); });
            use({a, b, c});
          }
        }
        if (who.random() % 4 == 0) stops[(mine + times + who.random() % 3) % stops.size()].request_stop();
      }
    });
  threads.run();

  for (std::size_t each = 0; each != count; ++each) {
    std::uint64_t made = 0;
    for (const auto& own : held) made += own[each];
    stress::require(guarded[each].equal[0] == made,
                    fmt::format("lock {} was held {} times, counted {}", each, made, guarded[each].equal[0]));
    stress::require(locks[each].try_lock(), fmt::format("lock {} is not free in the end", each));
    locks[each].unlock();
  }
  return {.operations = of.threads * times};
}

const stress::workload all[] = {
    {"lock_all/some_of_the_locks", some_of_the_locks<plait::mutex>},
    {"lock_all/some_of_std_mutexes", some_of_the_locks<std::mutex>},
};

}  // namespace
