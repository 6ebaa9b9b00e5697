// SPDX-License-Identifier: MIT
#include "costs_here.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <linux/futex.h>
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

double median(std::vector<double> all) {
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  return *middle;
}

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

// The same for two threads, on a processor each, that begin together; of both. The median, because a round is
// quick when one of them has finished before the other was there.
double price_of_two(int count, const std::function<void(int thread, int count)>& work) {
  const std::vector<int> where = processors();
  std::vector<double> prices;
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
    prices.push_back(std::chrono::duration<double, std::nano>(time).count() / (2.0 * count));
  }
  return median(std::move(prices));
}

// The two threads change a word in turn.
void take_turns(std::atomic<std::uint32_t>& turn, int thread, int count) {
  const auto mine = static_cast<std::uint32_t>(thread);
  for (int i = 0; i != count; ++i)
    for (std::uint32_t expected = mine; !turn.compare_exchange_weak(expected, 1 - mine);) expected = mine;
}

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

struct price_of_waking {
  double wake;     // until the call has returned
  double latency;  // from there until the other thread runs
};

// Wakes a thread on the other processor, which has slept for a while, again and again; medians.
price_of_waking price_to_wake() {
  constexpr int times = 200;
  constexpr auto asleep = std::chrono::microseconds(100);
  const std::vector<int> where = processors();
  word turn, awake;
  std::vector<double> wakes, latencies;
  clock::time_point woken;
  {
    const std::jthread sleeper([&] {
      run_on(where[1]);
      for (std::uint32_t round = 0; round != times; ++round) {
        while (turn.value.load() == round) futex(turn.value, FUTEX_WAIT, round);
        woken = clock::now();
        awake.value.store(round + 1);
      }
    });
    const std::jthread waker([&] {
      run_on(where[0]);
      for (std::uint32_t round = 0; round != times; ++round) {
        for (const auto until = clock::now() + asleep; clock::now() < until;) continue;
        turn.value.store(round + 1);
        const auto begin = clock::now();
        futex(turn.value, FUTEX_WAKE, 1);
        const auto end = clock::now();
        while (awake.value.load() != round + 1) continue;
        wakes.push_back(std::chrono::duration<double, std::nano>(end - begin).count());
        latencies.push_back(std::max(0.0, std::chrono::duration<double, std::nano>(woken - end).count()));
      }
    });
  }
  return {median(std::move(wakes)), median(std::move(latencies))};
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
  // What structures call with nothing to do: a futex whose word has changed.
  here.system_call = nanoseconds(price(200, [&] { futex(own.value, FUTEX_WAIT, own.value.load() + 1); }));
  const price_of_waking waking = price_to_wake();
  here.fall_asleep = here.wake = nanoseconds(waking.wake);
  here.wake_latency = nanoseconds(waking.latency);

  // A turn is a transfer, a hold and the change. Threads that take no turns change the word several times in
  // each hold: so many more as they are faster.
  const double turn =
      price_of_two(10'000, [&](int thread, int count) { take_turns(turns.value, thread, count); });
  const double contended = price_of_two(100'000, [&](int, int count) {
    for (int i = 0; i != count; ++i) shared.value.fetch_add(1);
  });
  const double hold = std::max(0.0, modify * ((turn - modify) / contended - 1));
  here.hold = nanoseconds(hold);
  here.from_core = nanoseconds(std::max(modify, turn - modify - hold));
  here.from_socket = here.from_shared_cache = here.from_core;
  return here;
}

}  // namespace simulated
