// SPDX-License-Identifier: MIT
// Rounds for locks. The lock guards plain memory: a second holder would break its invariant, and
// ThreadSanitizer would report the race.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace stress {

// Three numbers that are equal whenever the lock is free.
struct guarded_numbers {
  std::array<std::uint64_t, 3> equal{};

  void add(member& who) {
    for (std::uint64_t& each : equal) {
      ++each;
      if (who.random() % 64 == 0) std::this_thread::yield();
    }
    require(equal[0] == equal[1] && equal[1] == equal[2],
            fmt::format("two held the lock: {} {} {}", equal[0], equal[1], equal[2]));
  }
};

// Every thread locks in random ways, and gives up at deadlines and at stop requests that others make. At the
// end every time that the lock was held has been counted, no thread waits, and the lock is free.
template <class Mutex>
tally every_way_to_lock(const round& of) {
  constexpr int times = 400;
  Mutex mutex;
  guarded_numbers guarded;
  std::vector<std::uint64_t> locked(of.threads);
  std::vector<std::stop_source> stops(of.threads * times);  // one for each call that can be stopped

  team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("user {}", i), [&, i](member& who) {
      for (int n = 0; n != times; ++n) {
        const auto wait = std::chrono::microseconds(who.random() % 100);
        const std::size_t mine = i * times + static_cast<std::size_t>(n);
        bool has_it = true;
        switch (who.random() % 5) {
          case 0:
            has_it = who.does("try_lock", [&] { return mutex.try_lock(); });
            break;
          case 1:
            has_it = who.does("try_lock_for", [&] { return mutex.try_lock_for(wait); });
            break;
          case 2:
            has_it = who.does("lock(stop_token)", [&] { return mutex.lock(stops[mine].get_token()); });
            break;
          default:
            who.does("lock", [&] { mutex.lock(); });
        }
        if (has_it) {
          ++locked[i];
          guarded.add(who);
          mutex.unlock();
        }
        // Stops some call of the next thread, past, present or future.
        if (who.random() % 4 == 0) stops[(mine + times + who.random() % 3) % stops.size()].request_stop();
      }
    });
  threads.run();

  std::uint64_t made = 0;
  for (const std::uint64_t each : locked) made += each;
  require(guarded.equal[0] == made, fmt::format("locked {} times, counted {}", made, guarded.equal[0]));
  require(mutex.try_lock(), "the lock is not free in the end");
  mutex.unlock();
  return {.operations = of.threads * times};
}

}  // namespace stress
