// SPDX-License-Identifier: MIT
// An unsafe counter and a safe one, with the same five threads at work on each.
#include <atomic>
#include <iostream>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include <plait/mutex.hpp>

namespace {

constexpr int threads = 5;
constexpr long adds = 200'000;  // of each thread

// Read, add, write: whatever another thread has written in between is lost. Each step is atomic, because a
// plain `++value_` from several threads would be undefined.
class unsafe_counter {
 public:
  // [unsafe]
  void increment() {
    const long read = value_.load(std::memory_order_relaxed);
    value_.store(read + 1, std::memory_order_relaxed);
  }
  // [unsafe]
  long value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<long> value_ = 0;
};

// The same three steps, and one thread at a time takes them. So the number may be a plain one.
class safe_counter {
 public:
  // [safe]
  void increment() {
    const std::lock_guard hold(lock_);  // waits while another thread holds the lock
    ++value_;
  }  // and gives it back here, also if something throws
  // [safe]
  long value() const {
    const std::lock_guard hold(lock_);
    return value_;
  }

 private:
  mutable plait::mutex lock_;
  long value_ = 0;
};

template <class Counter>
long count_together() {
  Counter counter;
  std::latch ready(threads);
  std::vector<std::jthread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      ready.arrive_and_wait();
      for (long n = 0; n < adds; ++n) counter.increment();
    });
  workers.clear();  // waits for them
  return counter.value();
}

}  // namespace

int main() {
  const long expected = threads * adds;
  const long unsafe = count_together<unsafe_counter>();
  const long safe = count_together<safe_counter>();
  std::cout << "expected " << expected << '\n'
            << "unsafe_counter says " << unsafe << (unsafe == expected ? ", this time" : "") << '\n'
            << "safe_counter says " << safe << '\n'
            << "the lock takes " << sizeof(plait::mutex) << " bytes\n";
  return safe == expected && unsafe <= expected ? 0 : 1;
}
