// SPDX-License-Identifier: MIT
// plait's own spsc_queue: waiting by itself, and waiting by yielding as rivals that cannot wait have to.
#include "spsc_queue.bench.hpp"

#include <algorithm>
#include <plait/spsc_queue.hpp>
#include <thread>

namespace {

using item = std::uint64_t;

class blocking {
 public:
  using value_type = item;
  explicit blocking(std::size_t capacity) : queue_(capacity) {}

  blocking& producer() { return *this; }
  blocking& consumer() { return *this; }

  void push(item value) { queue_.push(value); }
  item pop() { return *queue_.pop(); }  // NOLINT(bugprone-unchecked-optional-access): it is never closed

  void push_n(std::span<const item> items) { queue_.push_n(items.begin(), items.size()); }
  std::size_t pop_n(std::span<item> items) { return queue_.pop_n(items.data(), items.size()); }

 private:
  plait::spsc_queue<item> queue_;
};

class nonblocking {
 public:
  using value_type = item;
  explicit nonblocking(std::size_t capacity) : queue_(capacity) {}

  nonblocking& producer() { return *this; }
  nonblocking& consumer() { return *this; }

  void push(item value) {
    while (queue_.try_push(value) != plait::conqueue_status::success) std::this_thread::yield();
  }
  item pop() {
    for (;;) {
      if (const auto value = queue_.try_pop()) return *value;
      std::this_thread::yield();
    }
  }

 private:
  plait::spsc_queue<item> queue_;
};

// Batches written and read where they lie in the queue.
bench::measurement in_place(std::chrono::nanoseconds time) {
  plait::spsc_queue<item> queue(1024);
  bench::stop_flag stop;
  bench::tally pushed;
  bench::tally popped;
  const bench::job produce = [&] {
    bench::tally result;
    for (item number = bench::first_number; !stop();) {
      const std::span<item> room = queue.reserve(64);
      for (item& each : room) result.add(each = number++);
      queue.commit(room.size());
    }
    queue.close();
    pushed = result;
  };
  const bench::job consume = [&] {
    bench::tally result;
    for (std::span<item> some; !(some = queue.peek(64)).empty(); queue.consume(some.size()))
      for (const item each : some) result.add(each);
    popped = result;
  };
  bench::measurement measured = bench::run_together({produce, consume}, time, stop);
  bench::check_same(pushed, popped);
  measured.items = static_cast<double>(popped.count);
  return measured;
}

const bench::registration plait_queues([] {
  bench::add_spsc_queue<blocking>("plait");
  bench::add_spsc_queue<nonblocking>("plait_nonblocking");
  bench::add_batch_spsc_queue<blocking>("plait");
  bench::suite().push_back({"spsc_queue", "batch", "1P1C", "plait_in_place", 2, in_place});
  // What a batch is compared with: the same items, one at a time.
  bench::suite().push_back({"spsc_queue", "batch", "1P1C", "plait_single", 2,
                            [](auto time) { return bench::throughput<blocking>({1, 1}, time); }});
});

}  // namespace
