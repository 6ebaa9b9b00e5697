// SPDX-License-Identifier: MIT
// plait's own lifo_queue: waiting by itself, and waiting by yielding as rivals that cannot wait have to.
#include "lifo_queue.bench.hpp"

#include <plait/lifo_queue.hpp>
#include <thread>

namespace {

class blocking {
 public:
  using value_type = std::uint64_t;
  explicit blocking(std::size_t capacity) : queue_(capacity) {}

  blocking& producer() { return *this; }
  blocking& consumer() { return *this; }

  void push(value_type item) { queue_.push(item); }
  value_type pop() { return *queue_.pop(); }  // NOLINT(bugprone-unchecked-optional-access): it is never closed

 private:
  plait::lifo_queue<value_type> queue_;
};

class nonblocking {
 public:
  using value_type = std::uint64_t;
  explicit nonblocking(std::size_t capacity) : queue_(capacity) {}

  nonblocking& producer() { return *this; }
  nonblocking& consumer() { return *this; }

  void push(value_type item) {
    while (queue_.try_push(item) != plait::conqueue_status::success) std::this_thread::yield();
  }
  value_type pop() {
    for (;;) {
      if (const auto item = queue_.try_pop()) return *item;
      std::this_thread::yield();
    }
  }

 private:
  plait::lifo_queue<value_type> queue_;
};

const bench::registration queues([] {
  bench::add_lifo_queue<blocking>("plait");
  bench::add_lifo_queue<nonblocking>("plait_nonblocking");
});

}  // namespace
