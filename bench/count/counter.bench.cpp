// SPDX-License-Identifier: MIT
// counter compared with one std::atomic, a sharded atomic, and a mutex.
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include <plait/counter.hpp>

#include "support/suite.hpp"

namespace {

class std_atomic {
 public:
  void add() { value_.fetch_add(1, std::memory_order_relaxed); }
  std::int64_t load() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// More shards than any run has threads, so that no two threads share one.
class sharded_atomic {
 public:
  void add() { shards_[mine()].value.fetch_add(1, std::memory_order_relaxed); }
  std::int64_t load() const {
    std::int64_t sum = 0;
    for (const shard& s : shards_) sum += s.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) shard {
    std::atomic<std::int64_t> value{0};
  };
  static constexpr std::size_t shard_count = 16;

  static std::size_t mine() {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t index = next.fetch_add(1, std::memory_order_relaxed) % shard_count;
    return index;
  }

  std::array<shard, shard_count> shards_;
};

class under_mutex {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++value_;
  }
  std::int64_t load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::int64_t value_ = 0;
};

void check_same(std::int64_t added, std::int64_t counted) {
  if (added != counted)
    throw bench::wrong_result("added " + std::to_string(added) + " and counted " + std::to_string(counted));
}

template <class Counter>
bench::measurement add(std::size_t threads, std::chrono::nanoseconds time) {
  Counter counter;
  bench::stop_flag stop;
  std::atomic<std::int64_t> added{0};
  const bench::job adder = [&] {
    constexpr int between_looks = 64;
    std::int64_t mine = 0;
    for (; !stop(); mine += between_looks)
      for (int i = 0; i != between_looks; ++i) counter.add();
    added += mine;
  };
  bench::measurement measured = run_together(std::vector(threads, adder), time, stop);
  check_same(added, counter.load());
  measured.items = static_cast<double>(added);
  return measured;
}

template <class Counter>
bench::measurement load(std::chrono::nanoseconds time) {
  constexpr int adders = 4;
  Counter counter;
  bench::stop_flag nobody_waits;
  run_together(std::vector<bench::job>(adders, [&] { counter.add(); }), {}, nobody_waits);

  bench::stop_flag stop;
  std::int64_t loads = 0;
  const bench::job reader = [&] {
    for (; !stop(); ++loads) check_same(adders, counter.load());
  };
  bench::measurement measured = run_together({reader}, time, stop);
  measured.items = static_cast<double>(loads);
  return measured;
}

template <class Counter>
void add_counter(const std::string& name) {
  bench::add_for_threads("counter", "add", name, add<Counter>);
  bench::suite().push_back({"counter", "load", "1T", name, 1, load<Counter>});
}

const bench::registration counters([] {
  add_counter<plait::counter>("plait");
  add_counter<std_atomic>("std_atomic");
  add_counter<sharded_atomic>("sharded_atomic");
  add_counter<under_mutex>("mutex");
});

}  // namespace
