// SPDX-License-Identifier: MIT
// Four threads put and take, as fast as they can, through several queues and the one that people write by hand.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/lifo_queue.hpp>
#include <plait/priority_queue.hpp>
#include <plait/relaxed_priority_queue.hpp>
#include <plait/unbounded_queue.hpp>

namespace {

constexpr std::size_t threads = 4, rounds = 5;
constexpr std::size_t puts = 30'000, takes = 15'000;  // of each thread, the puts first
constexpr std::size_t left = threads * (puts - takes);

class deque_and_mutex {
 public:
  void push(std::size_t item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(item);
  }
  std::optional<std::size_t> pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    const std::size_t item = items_.front();
    items_.pop_front();
    return item;
  }
  std::size_t size() const { return items_.size(); }

 private:
  std::mutex mutex_;
  std::deque<std::size_t> items_;
};

// A ring allocates what it holds, so that one has to know how much that is.
struct bounded_queue : plait::bounded_queue<std::size_t> {
  bounded_queue() : plait::bounded_queue<std::size_t>(threads * puts) {}
};

// Nanoseconds an operation, from when the first thread begins until the last one has finished.
template <class Queue>
double one_round() {
  using clock = std::chrono::steady_clock;
  Queue queue;
  std::latch ready(threads);
  std::array<clock::time_point, threads> begin, end;
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < threads; ++i)
    workers.emplace_back([&, i] {
      ready.arrive_and_wait();  // starting a thread takes longer than some thousand operations
      begin[i] = clock::now();
      for (std::size_t item = 0; item < puts; ++item) queue.push(item);
      // Never empty: each takes less than it has put. try_pop() might be busy, and take nothing.
      for (std::size_t n = 0; n < takes; ++n) (void)queue.pop();
      end[i] = clock::now();
    });
  workers.clear();  // waits for them
  if (queue.size() != left) std::printf("%zu items are left, not %zu\n", queue.size(), left);
  const std::chrono::duration<double, std::nano> took = std::ranges::max(end) - std::ranges::min(begin);
  return took.count() / (threads * (puts + takes));
}

struct contestant {
  const char* name;
  double (*round)();
  std::array<double, rounds> results{};
};

}  // namespace

int main() {
  std::array contestants{
      contestant{"deque and mutex", one_round<deque_and_mutex>},
      contestant{"bounded_queue", one_round<bounded_queue>},
      contestant{"unbounded_queue", one_round<plait::unbounded_queue<std::size_t>>},
      contestant{"lifo_queue", one_round<plait::lifo_queue<std::size_t>>},
      contestant{"priority_queue", one_round<plait::priority_queue<std::size_t>>},
      contestant{"relaxed_priority_queue", one_round<plait::relaxed_priority_queue<std::size_t>>},
  };
  // In turn, so that whatever disturbs the machine disturbs all alike.
  for (std::size_t round = 0; round < rounds; ++round)
    for (contestant& each : contestants) each.results[round] = each.round();

  std::puts("nanoseconds an operation          median    best   worst");
  for (contestant& each : contestants) {
    std::ranges::sort(each.results);
    std::printf("%-30s %9.1f %7.1f %7.1f\n", each.name, each.results[rounds / 2], each.results.front(),
                each.results.back());
  }
}
