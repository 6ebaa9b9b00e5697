// SPDX-License-Identifier: MIT
// Threads that sleep for ever, or go on too early.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <verify/verify.hpp>

#include "verify/known_bugs/made.hpp"

namespace mistakes {

template <made Announces, made Order>
void event_count() {
  word epoch{0};
  atomic<int> waiters{0};
  atomic<bool> ready{false};
  threads(
      [&] {
        const std::uint32_t seen = epoch.load(acquire);
        if (Announces == right) waiters.fetch_add(1, order_if(Order, seq_cst, relaxed));
        if (!ready.load(order_if(Order, seq_cst, relaxed))) {
          // Wrong: a thread that makes it ready in between sees no waiter to wake.
          if (Announces == wrong) waiters.fetch_add(1, seq_cst);
          epoch.wait(seen);
        }
      },
      [&] {
        ready.store(true, order_if(Order, seq_cst, relaxed));
        if (waiters.load(order_if(Order, seq_cst, relaxed)) == 0) return;
        epoch.fetch_add(1, release);
        epoch.notify_all();
      });
}

// The sequence has to be read while the mutex is held; otherwise a signal may be lost in between.
template <made How>
void condition_variable_of_a_sequence() {
  mutex guard;
  word sequence{0};
  bool ready = false;
  threads(
      [&] {
        guard.lock();
        while (!ready) {
          std::uint32_t seen = How == right ? sequence.load(relaxed) : 0;
          guard.unlock();
          if (How == wrong) seen = sequence.load(relaxed);
          sequence.wait(seen);
          guard.lock();
        }
        guard.unlock();
      },
      [&] {
        guard.lock();
        ready = true;
        guard.unlock();
        sequence.fetch_add(1, relaxed);
        sequence.notify_one();
      });
}

// The flag is set without the mutex: between the waiting thread's look at it and its sleep, the signal is lost.
template <made How>
void signal_without_the_lock() {
  mutex guard;
  verify::condition_variable changed;
  atomic<bool> ready{false};
  threads(
      [&] {
        verify::unique_lock lock(guard);
        changed.wait(lock, [&] { return ready.load(relaxed); });
      },
      [&] {
        verify::unique_lock lock(guard, verify::defer_lock);
        if (How == right) lock.lock();
        ready.store(true, relaxed);
        if (How == right) lock.unlock();
        changed.notify_one();
      });
}

// After a spurious wake-up, it continues without checking its condition.
template <made How>
void wake_up_for_no_reason() {
  mutex guard;
  verify::condition_variable changed;
  plain<bool> ready(false);
  threads(
      [&] {
        verify::unique_lock lock(guard);
        if (How == right) {
          while (!ready.read()) changed.wait(lock);
        } else {
          if (!ready.read()) changed.wait(lock);
        }
        check(ready.read(), "it is ready");
      },
      [&] {
        {
          const verify::lock_guard lock(guard);
          ready.write(true);
        }
        changed.notify_one();
      });
}

template <made How>
void stop_flag() {
  word stopped{0};
  threads([&] { stopped.wait(0, acquire); },
          [&] {
            stopped.store(1, release);
            if (How == right) stopped.notify_all();
          });
}

// One of two waiters is woken, perhaps the one whose condition is not true.
template <made How>
void wakes_one_of_two_kinds() {
  word state{0};
  const auto wait_for = [&](std::uint32_t wanted) {
    return [&, wanted] {
      for (std::uint32_t seen = state.load(acquire); seen < wanted; seen = state.load(acquire))
        state.wait(seen);
    };
  };
  threads(wait_for(1), wait_for(2), [&] {
    for (std::uint32_t next = 1; next <= 2; ++next) {
      state.store(next, release);
      if (How == right) {
        state.notify_all();
      } else {
        state.notify_one();
      }
    }
  });
}

// Used twice: without a phase for each round, a fast thread passes the second round on the count of the first.
template <made Phase, memory_order Arrive>
void barrier() {
  constexpr unsigned parties = 2;
  atomic<unsigned> arrived{0}, phase{0};
  std::array<plain<int>, parties> rounds;
  const auto wait = [&] {
    const unsigned mine = phase.load(relaxed);
    if (arrived.fetch_add(1, Arrive) + 1 == parties) {
      arrived.store(0, relaxed);
      if (Phase == right) phase.store(mine + 1, release);
    } else if (Phase == right) {
      while (phase.load(acquire) == mine) yield();
    } else {
      while (arrived.load(acquire) != 0) yield();
    }
  };
  const auto run = [&](std::size_t self) {
    return [&, self] {
      for (int round = 1; round <= 2; ++round) {
        rounds[self].write(round);
        wait();
        check(rounds[1 - self].read() == round, "both are in the same round");
        wait();
      }
    };
  };
  threads(run(0), run(1));
}

}  // namespace mistakes
