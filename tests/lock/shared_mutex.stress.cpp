// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <plait/shared_mutex.hpp>

#include "stress/lock_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using stress::member;

// Readers, writers and those that are first the one and then the other, mixed so that readers are now in the
// word and now in slots. Threads come and go, so slots change hands.
stress::tally readers_and_writers(const stress::round& of) {
  constexpr int lives = 4;
  constexpr int times = 300;
  plait::shared_mutex mutex;
  stress::guarded_numbers guarded;
  std::vector<std::uint64_t> written(of.threads);
  const std::uint64_t write_once_in = std::array<std::uint64_t, 3>{2, 20, 1000}[of.seed % 3];

  const auto read = [&] {
    const auto seen = guarded.equal;
    stress::require(seen[0] == seen[1] && seen[1] == seen[2],
                    fmt::format("a reader sees a writer at work: {} {} {}", seen[0], seen[1], seen[2]));
  };
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("user {}", i), [&, i](member& who) {
      const auto live = [&] {
        for (int n = 0; n != times; ++n) {
          const auto wait = std::chrono::microseconds(who.random() % 100);
          if (who.random() % write_once_in != 0) {
            const bool has_it =
                who.random() % 2 == 0
                    ? (who.does_at_once("lock_shared", [&] { mutex.lock_shared(); }), true)
                    : who.does_at_once("try_lock_shared_for", [&] { return mutex.try_lock_shared_for(wait); });
            if (!has_it) continue;
            read();
            mutex.unlock_shared();
          } else if (who.random() % 3 != 0) {
            const bool has_it = who.random() % 2 == 0
                                    ? (who.does("lock", [&] { mutex.lock(); }), true)
                                    : who.does("try_lock_for", [&] { return mutex.try_lock_for(wait); });
            if (!has_it) continue;
            guarded.add(who);
            ++written[i];
            mutex.unlock();
          } else {
            who.does("lock_upgrade", [&] { mutex.lock_upgrade(); });
            read();
            if (who.does("try_unlock_upgrade_and_lock_for",
                         [&] { return mutex.try_unlock_upgrade_and_lock_for(wait); })) {
              guarded.add(who);
              ++written[i];
              mutex.unlock_and_lock_shared();
              read();
              mutex.unlock_shared();
            } else {
              read();
              mutex.unlock_upgrade();
            }
          }
        }
      };
      for (int life = 0; life != lives; ++life) {
        std::exception_ptr thrown;
        std::thread([&] {
          try {
            live();
          } catch (...) {
            thrown = std::current_exception();
          }
        }).join();
        if (thrown) std::rethrow_exception(thrown);
      }
    });
  threads.run();

  std::uint64_t made = 0;
  for (const std::uint64_t each : written) made += each;
  stress::require(guarded.equal[0] == made, fmt::format("{} writes, {} counted", made, guarded.equal[0]));
  stress::require(mutex.try_lock(), "the lock is not free in the end");
  mutex.unlock();
  return {.operations = of.threads * lives * times};
}

const stress::workload all[] = {{"shared_mutex/readers_and_writers", readers_and_writers}};

}  // namespace
