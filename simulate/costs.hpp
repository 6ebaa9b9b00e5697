// SPDX-License-Identifier: MIT
// What each step of a simulated processor costs. The figures are stated, not found out by the simulation:
// docs/simulation.md says where each of them is from.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace simulate {

using duration = std::chrono::duration<std::int64_t, std::pico>;

constexpr duration nanoseconds(double count) noexcept {
  return std::chrono::round<duration>(std::chrono::duration<double, std::nano>(count));
}

// A bit for each in a word.
inline constexpr unsigned most_cores = 64;

struct costs {
  unsigned cores_per_socket;

  // In the core's own cache.
  duration load;
  duration store;   // into the store buffer
  duration modify;  // a read-modify-write, or a seq_cst store
  duration fence;   // seq_cst; the stores before it are waited for besides

  // How long a line that may be written stays before another core gets it: what the core does with it meanwhile
  // is done at the price of its own cache.
  duration hold;

  // A line that comes, or a right to write it that comes, ...
  duration from_core;          // ... from the cache of a core of the same socket
  duration from_socket;        // ... of another socket
  duration from_shared_cache;  // ... to be read only, from what all cores of the socket share
  duration from_memory;        // ... from where no cache has it

  unsigned store_buffer;  // how many stores may be under way; one more waits

  duration pause;
  duration yield;
  duration clock_read;

  // The kernel.
  duration system_call;   // one that has nothing to do
  duration fall_asleep;   // from the call of a futex wait until the core is idle
  duration wake;          // for each thread woken, by the thread that wakes
  duration wake_latency;  // from the end of that until the woken thread runs
  duration interrupt;     // what a process-wide fence costs every other core
};

// Two sockets of 32 cores: Intel Xeon Platinum 8375C (Ice Lake, 3.5 GHz).
inline constexpr costs server{
    .cores_per_socket = 32,
    .load = nanoseconds(1.4),
    .store = nanoseconds(0.3),
    .modify = nanoseconds(5.2),
    .fence = nanoseconds(5.2),
    .hold = nanoseconds(15),
    .from_core = nanoseconds(36),
    .from_socket = nanoseconds(93),
    .from_shared_cache = nanoseconds(21),
    .from_memory = nanoseconds(86),
    .store_buffer = 72,
    .pause = nanoseconds(40),
    .yield = nanoseconds(400),
    .clock_read = nanoseconds(20),
    .system_call = nanoseconds(200),
    .fall_asleep = nanoseconds(1500),
    .wake = nanoseconds(1500),
    .wake_latency = nanoseconds(3000),
    .interrupt = nanoseconds(1000),
};

}  // namespace simulate
