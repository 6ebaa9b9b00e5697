// SPDX-License-Identifier: MIT
// Five threads count to ten million together: without care, with a lock, and with plait::counter.
#include <atomic>
#include <iostream>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include <plait/counter.hpp>

namespace {

constexpr int threads = 5;
constexpr long adds = 2'000'000;  // of each thread

// Three steps, between which other threads may take theirs. The steps are atomic because a program with a plain
// `++value` here would be undefined, and show nothing.
class unsafe_counter {
 public:
  void add() {
    const long seen = value_.load(std::memory_order_relaxed);
    const long sum = seen + 1;
    value_.store(sum, std::memory_order_relaxed);  // whatever was stored since the load is overwritten
  }
  long load() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<long> value_ = 0;
};

class locked_counter {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++value_;
  }
  long load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  long value_ = 0;
};

template <class Counter>
long count_together() {
  Counter counter;
  std::latch ready(threads);
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i)
      workers.emplace_back([&] {
        ready.arrive_and_wait();
        for (long n = 0; n < adds; ++n) counter.add();
      });
  }
  return counter.load();
}

}  // namespace

int main() {
  const long expected = threads * adds;
  const long lost = expected - count_together<unsafe_counter>();
  const long locked = count_together<locked_counter>();
  const long counted = count_together<plait::counter>();

  std::cout << "unsafe_counter: lost " << lost << " of " << expected << '\n';
  if (lost == 0) std::cout << "  None this time: the threads did not meet. Another run may lose some.\n";
  std::cout << "locked_counter: counted " << locked << " of " << expected << '\n';
  std::cout << "plait::counter: counted " << counted << " of " << expected << '\n';
  return locked == expected && counted == expected ? 0 : 1;
}
