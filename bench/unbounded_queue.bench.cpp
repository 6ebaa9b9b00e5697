// SPDX-License-Identifier: MIT
// plait's own unbounded_queue: waiting by itself, and waiting by yielding as rivals that cannot wait have to.
#include "unbounded_queue.bench.hpp"

#include <cstddef>
#include <cstdint>
#include <plait/unbounded_queue.hpp>
#include <span>
#include <thread>

namespace {

class blocking {
 public:
  using value_type = std::uint64_t;
  explicit blocking(std::size_t /*capacity*/) {}

  blocking& producer() { return *this; }
  blocking& consumer() { return *this; }

  void push(std::uint64_t item) { queue_.push(item); }
  std::uint64_t pop() {
    return *queue_.pop();
  }  // NOLINT(bugprone-unchecked-optional-access): it is never closed

  void push_n(std::span<const std::uint64_t> items) { queue_.push_n(items.begin(), items.size()); }
  std::size_t pop_n(std::span<std::uint64_t> items) { return queue_.pop_n(items.data(), items.size()); }

 private:
  plait::unbounded_queue<std::uint64_t> queue_;
};

class nonblocking {
 public:
  using value_type = std::uint64_t;
  explicit nonblocking(std::size_t /*capacity*/) {}

  nonblocking& producer() { return *this; }
  nonblocking& consumer() { return *this; }

  void push(std::uint64_t item) { queue_.try_push(item); }
  std::uint64_t pop() {
    for (;;) {
      if (const auto item = queue_.try_pop()) return *item;
      std::this_thread::yield();
    }
  }

 private:
  plait::unbounded_queue<std::uint64_t> queue_;
};

const bench::registration plait_queues([] {
  bench::add_unbounded_queue<blocking>("plait");
  bench::add_unbounded_batch_queue<blocking>("plait");
  bench::add_idle<blocking>("unbounded_queue", "plait");
  bench::add_unbounded_queue<nonblocking>("plait_nonblocking");
});

}  // namespace
