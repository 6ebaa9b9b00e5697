// SPDX-License-Identifier: MIT
// Two producers with a queue each and one consumer of both, which waits at both at once or tries one after the
// other for ever; and two producers of a single queue.
#include <atomic>
#include <cstdint>
#include <thread>
#include <variant>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>

#include "queue/queue.bench.hpp"
#include "support/plait_queue.hpp"

namespace {

using queue_type = plait::bounded_queue<std::uint64_t>;

class two_queues {
 public:
  using value_type = std::uint64_t;
  explicit two_queues(std::size_t capacity) : first_(capacity), second_(capacity) {}

  queue_type& producer() { return producers_++ % 2 == 0 ? first_ : second_; }

 protected:
  queue_type first_, second_;

 private:
  std::atomic<int> producers_ = 0;
};

struct waits_at_both : two_queues {
  using two_queues::two_queues;
  value_type pop() {
    const auto item = plait::pop_any(first_, second_);
    return item->index() == 0 ? std::get<0>(*item) : std::get<1>(*item);
  }
};

struct looks_in_turn : two_queues {
  using two_queues::two_queues;
  value_type pop() {
    for (;;) {
      if (const auto item = first_.try_pop()) return *item;
      if (const auto item = second_.try_pop()) return *item;
      std::this_thread::yield();
    }
  }
};

const bench::registration workloads([] {
  constexpr bench::queue_shape shape{2, 1};
  bench::add_throughput<waits_at_both>("pop_any", "throughput", shape, "plait");
  bench::add_throughput<looks_in_turn>("pop_any", "throughput", shape, "plait_nonblocking");
  bench::add_throughput<bench::blocking<queue_type>>("pop_any", "throughput", shape, "bounded_queue");
});

}  // namespace
