// SPDX-License-Identifier: MIT
// Cheap time stamps for the begin and end of a call, from one clock for all processors and without a shared
// write: a ticket drawn by all threads would order them, and hide the faults that the history is to show.
//
// The recorded interval must contain the one in which the call takes effect, or correct code would be reported.
// So nothing of the call may happen before begun() reads the clock, nor after ended() does:
//   - x86-64: the processor may execute what follows RDTSC before it; LFENCE after it prevents that. RDTSCP
//     waits until earlier instructions have executed and their loads are done, but not until their stores have
//     left the store buffer; MFENCE before it does. (Intel's manual, volume 2, RDTSC and RDTSCP.) Instructions
//     outside of the interval may move into it: a longer interval reports no correct code.
//   - arm64: the same with ISB after the counter is read at the begin, DSB and ISB before it is at the end.
//   - elsewhere, and where the counter is not usable: std::chrono::steady_clock between full fences.
// The price: the stores of a call are visible before the thread's next call begins. Faults that need them to be
// delayed beyond that are left to the model checker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif
#if defined(__linux__)
#include <sched.h>
#endif

#include <verify/history/call.hpp>

namespace history {

// The processor's time-stamp counter.
class cycle_counter {
 public:
#if defined(__x86_64__)
  static moment begun() noexcept {
    const moment now = __rdtsc();
    _mm_lfence();
    return now;
  }
  static moment ended() noexcept {
    unsigned processor = 0;
    _mm_mfence();
    return __rdtscp(&processor);
  }
#elif defined(__aarch64__)
  static moment begun() noexcept {
    moment now = 0;
    asm volatile("mrs %0, cntvct_el0\n\tisb" : "=r"(now)::"memory");
    return now;
  }
  static moment ended() noexcept {
    moment now = 0;
    asm volatile("dsb ish\n\tisb\n\tmrs %0, cntvct_el0" : "=r"(now)::"memory");
    return now;
  }
#else
  static moment begun() noexcept { return 0; }
  static moment ended() noexcept { return 0; }
#endif

  // Whether it runs at one rate on all processors, and never goes back from one to another. Tested once, by
  // passing the time back and forth between the first processor and each of the others.
  static bool is_fit() {
    static const bool result = is_steady() && is_one_for_all();
    return result;
  }

 private:
  static bool is_steady() {
#if defined(__x86_64__)
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    const bool has_rdtscp = __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (d >> 27 & 1) != 0;
    return has_rdtscp && __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1) != 0;  // invariant TSC
#elif defined(__aarch64__)
    return true;  // guaranteed by the architecture
#else
    return false;
#endif
  }

#if defined(__linux__)
  static bool is_one_for_all() {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
    std::vector<int> processors;
    for (int i = 0; i != CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &allowed)) processors.push_back(i);
    for (std::size_t i = 1; i < processors.size(); ++i)
      if (!agree(processors.front(), processors[i])) return false;
    return true;
  }

  // Each thread increments the turn and stores the time; the other's next time must not be earlier.
  static bool agree(int one, int other) {
    constexpr int turns = 400;
    std::atomic<int> turn = 0;
    std::atomic<bool> is_pinned = true;
    moment last = 0;
    bool is_in_order = true;
    const auto play = [&](int processor, int parity) {
      cpu_set_t only;
      CPU_ZERO(&only);
      CPU_SET(processor, &only);
      if (sched_setaffinity(0, sizeof only, &only) != 0) is_pinned = false;
      for (int mine = parity; mine < turns; mine += 2) {
        while (turn.load(std::memory_order_acquire) != mine) std::this_thread::yield();
        const moment now = ended();  // not begun(), which may read the clock before the turn has come
        is_in_order = is_in_order && now >= last;
        last = now;
        turn.store(mine + 1, std::memory_order_release);
      }
    };
    std::jthread first(play, one, 0);
    std::jthread second(play, other, 1);
    first.join();
    second.join();
    return is_pinned && is_in_order;
  }
#else
  static bool is_one_for_all() { return false; }
#endif
};

// The clock of a recording: the processor's counter, if it is usable.
class timestamp_clock {
 public:
  moment begun() const noexcept { return counts_cycles_ ? cycle_counter::begun() : steady(); }
  moment ended() const noexcept { return counts_cycles_ ? cycle_counter::ended() : steady(); }
  bool counts_cycles() const noexcept { return counts_cycles_; }

 private:
  static moment steady() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return static_cast<moment>(now);
  }

  bool counts_cycles_ = cycle_counter::is_fit();
};

}  // namespace history
