// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <type_traits>
#include <vector>

#include <plait/mutex.hpp>
#include <plait/shared_mutex.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

using clock = std::chrono::steady_clock;

// As in the lesson: read, add, write.
class unsafe_counter {
 public:
  void increment() {
    const std::int64_t read = value_.load(std::memory_order_relaxed);
    value_.store(read + 1, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

class safe_counter {
 public:
  void increment() {
    const std::lock_guard hold(lock_);
    ++value_;
  }
  std::int64_t value() const {
    const std::lock_guard hold(lock_);
    return value_;
  }

 private:
  mutable plait::mutex lock_;
  std::int64_t value_ = 0;
};

// Returns what was lost.
template <class Counter>
std::int64_t count_together(page& out, std::string_view name) {
  constexpr unsigned threads = 5;
  constexpr std::int64_t adds = 1'000'000;
  Counter counter;
  const double seconds = run_together(threads, [&](unsigned) {
    for (std::int64_t i = 0; i != adds; ++i) counter.increment();
  });
  const std::int64_t made = threads * adds, lost = made - counter.value();
  out.row("{:<16} {:>12} {:>12} {:>12} {:>9.1f} ms", name, grouped(made), grouped(counter.value()),
          grouped(lost), seconds * 1e3);
  return lost;
}

void count_both_ways(page& out) {
  out.row("{:<16} {:>12} {:>12} {:>12} {:>12}", "", "adds made", "counter says", "lost", "took");
  constexpr int rounds = 5;  // at most: one may have the luck that the threads do not meet
  std::int64_t lost = 0;
  for (int round = 0; round != rounds && lost == 0; ++round)
    lost = count_together<unsafe_counter>(out, "unsafe_counter");
  const std::int64_t lost_under_lock = count_together<safe_counter>(out, "safe_counter");
  out.gap();
  out.say("The lock let nothing get lost{}. Without it {}.",
          lost_under_lock == 0 ? "" : ", which is WRONG: please report a bug",
          lost != 0
              ? "updates went lost, and nothing complained"
              : "nothing was lost either, this time: the threads did not meet between a read and a write");
}

// The time of a lock and an unlock in each of `threads` threads.
template <class Mutex>
double nanoseconds_of(unsigned threads) {
  Mutex mutex;
  [[maybe_unused]] std::int64_t guarded = 0;
  return nanoseconds_each(threads, [&] {
    const std::lock_guard hold(mutex);
    ++guarded;
  });
}

void compare_mutexes(page& out) {
  const unsigned many = some_threads();
  const auto each = []<class Mutex>(std::type_identity<Mutex>, unsigned threads) {
    return [=] { return nanoseconds_of<Mutex>(threads); };
  };
  const auto plait_mutex = std::type_identity<plait::mutex>();
  const auto std_mutex = std::type_identity<std::mutex>();
  const std::vector<double> time = medians_in_turn(
      {each(plait_mutex, 1), each(plait_mutex, many), each(std_mutex, 1), each(std_mutex, many)});
  out.say("Nanoseconds that lock and unlock take each thread (median of 5 times 50 ms):");
  out.row("{:<24} {:>12} {:>12} {:>10}", "", "1 thread", fmt::format("{} threads", many), "bytes");
  out.row("{:<24} {:>12.1f} {:>12.1f} {:>10}", "plait::mutex", time[0], time[1], sizeof(plait::mutex));
  out.row("{:<24} {:>12.1f} {:>12.1f} {:>10}", "std::mutex", time[2], time[3], sizeof(std::mutex));
  out.gap();
  out.say("With one thread plait::mutex is {} std::mutex, with {} it is {} the other.",
          compared(time[0], time[2]), many, compared(time[1], time[3]));
}

// What it costs each of so many threads to read.
template <class Mutex>
double nanoseconds_of_a_read(unsigned threads) {
  Mutex mutex;
  return nanoseconds_each(threads, [&] { const std::shared_lock hold(mutex); });
}

void compare_readers(page& out) {
  const unsigned many = some_threads();
  const std::vector<double> time =
      medians_in_turn({[&] { return nanoseconds_of_a_read<plait::shared_mutex>(many); },
                       [&] { return nanoseconds_of_a_read<std::shared_mutex>(many); }});
  out.say("Nanoseconds that it takes each of {} threads to lock for reading and unlock:", many);
  out.row("{:<24} {:>8.1f} ns", "plait::shared_mutex", time[0]);
  out.row("{:<24} {:>8.1f} ns", "std::shared_mutex", time[1]);
  out.gap();
}

// The longest that any of 16 threads waited, in milliseconds.
template <class Mutex>
double longest_wait() {
  constexpr unsigned threads = 16;
  Mutex mutex;
  std::vector<clock::duration> longest(threads);
  const auto end = clock::now() + std::chrono::milliseconds(300);
  run_together(threads, [&](unsigned i) {
    for (clock::time_point before = clock::now(); before < end; before = clock::now()) {
      const std::lock_guard hold(mutex);
      longest[i] = std::max(longest[i], clock::now() - before);
    }
  });
  return std::chrono::duration<double, std::milli>(*std::ranges::max_element(longest)).count();
}

}  // namespace

void lock(page& out) {
  out.say(
      "Five threads add to one counter, which reads, adds and writes; and to another that does so under a "
      "lock:");
  out.code("lessons/lock", "unsafe");
  out.code("lessons/lock", "safe");
  count_both_ways(out);

  out.say("One thread at a time may pass the door. A lock costs little while nobody else wants it:");
  out.code("mutex", "guard");
  compare_mutexes(out);

  out.say("Kept together, a value cannot be reached without its lock, nor two without both:");
  out.code("synchronized_value", "reach");
  out.code("synchronized_value", "several");

  out.say(
      "Whoever finds a lock free takes it: that is what makes locks fast, and what makes some threads wait and "
      "wait while others come back again and again. plait::mutex is handed to a thread that has waited for a "
      "millisecond. The longest that any of 16 threads waited, in 0.3 seconds each:");
  const double ours = longest_wait<plait::mutex>(), others = longest_wait<std::mutex>();
  out.row("{:<24} {:>8.1f} ms", "plait::mutex", ours);
  out.row("{:<24} {:>8.1f} ms", "std::mutex", others);
  out.gap();

  out.say("Where much is read and little written, readers may come in together:");
  out.code("shared_mutex", "read and write");
  compare_readers(out);

  out.say("It can be left waiting at a deadline, or when a thread is asked to stop:");
  out.code("mutex", "give up");
}

}  // namespace plait::cli::tour
