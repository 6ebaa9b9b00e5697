// SPDX-License-Identifier: MIT
#include "costs_here.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace simulated {
namespace {

using clock = std::chrono::steady_clock;

struct alignas(128) word {
  std::atomic<std::uint32_t> value{0};
};

// Of so many the quickest counts: whatever else the machine does makes a round slower.
constexpr int rounds = 41;

// Nanoseconds that each of `count` calls takes.
template <class Step>
double price(int count, Step step) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round != rounds; ++round) {
    const auto begin = clock::now();
    for (int i = 0; i != count; ++i) step();
    best = std::min(best, std::chrono::duration<double, std::nano>(clock::now() - begin).count() / count);
  }
  return best;
}

std::vector<int> processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> numbers;
  for (int number = 0; number != CPU_SETSIZE; ++number)
    if (CPU_ISSET(number, &allowed)) numbers.push_back(number);
  if (numbers.size() < 2) throw std::runtime_error("--costs here needs two processors");
  return numbers;
}

void run_on(int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

// The same for two threads, on a processor each, that begin together; of both.
double price_of_two(int count, const std::function<void(int thread, int count)>& work) {
  const std::vector<int> where = processors();
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round != rounds; ++round) {
    word ready;
    clock::time_point begin[2], end[2];
    const auto thread = [&](int number) {
      run_on(where[static_cast<std::size_t>(number)]);
      ready.value.fetch_add(1);
      while (ready.value.load() != 2) {
      }
      begin[number] = clock::now();
      work(number, count);
      end[number] = clock::now();
    };
    {
      const std::jthread first(thread, 0), second(thread, 1);
    }
    const auto time = std::max(end[0], end[1]) - std::min(begin[0], begin[1]);
    best = std::min(best, std::chrono::duration<double, std::nano>(time).count() / (2.0 * count));
  }
  return best;
}

// The two threads change a word in turn.
void take_turns(std::atomic<std::uint32_t>& turn, int thread, int count) {
  const auto mine = static_cast<std::uint32_t>(thread);
  for (int i = 0; i != count; ++i)
    for (std::uint32_t expected = mine; !turn.compare_exchange_weak(expected, 1 - mine);) expected = mine;
}

}  // namespace

simulate::costs costs_here() {
  using simulate::nanoseconds;
  word own, shared, turns;
  simulate::costs here = simulate::server;
  here.cores_per_socket = simulate::most_cores;
  here.load = nanoseconds(price(10'000, [&] { static_cast<void>(own.value.load(std::memory_order_acquire)); }));
  here.store = nanoseconds(price(10'000, [&] { own.value.store(1, std::memory_order_release); }));
  const double modify = price(10'000, [&] { own.value.fetch_add(1); });
  here.modify = nanoseconds(modify);
  here.fence = nanoseconds(price(10'000, [] { std::atomic_thread_fence(std::memory_order_seq_cst); }));
  here.pause = nanoseconds(price(1000, [] { __builtin_ia32_pause(); }));
  // On a busy machine a yield is a time slice.
  here.yield = std::min(here.yield, nanoseconds(price(20, [] { sched_yield(); })));
  here.clock_read = nanoseconds(price(1000, [] { static_cast<void>(clock::now()); }));
  here.system_call = nanoseconds(price(200, [] { syscall(SYS_getppid); }));

  // A turn is a transfer, a hold and the change. Threads that take no turns change the word several times in
  // each hold: so many more as they are faster.
  const double turn =
      price_of_two(2'000, [&](int thread, int count) { take_turns(turns.value, thread, count); });
  const double contended = price_of_two(20'000, [&](int, int count) {
    for (int i = 0; i != count; ++i) shared.value.fetch_add(1);
  });
  const double hold = std::max(0.0, modify * ((turn - modify) / contended - 1));
  here.hold = nanoseconds(hold);
  here.from_core = nanoseconds(std::max(modify, turn - modify - hold));
  here.from_socket = here.from_shared_cache = here.from_core;
  return here;
}

}  // namespace simulated
