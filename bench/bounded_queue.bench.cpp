// SPDX-License-Identifier: MIT
// plait's own bounded_queue: waiting by itself, and waiting by yielding as rivals that cannot wait have to.
#include "bounded_queue.bench.hpp"

#include <plait/bounded_queue.hpp>
#include <thread>

namespace {

template <class T>
class blocking {
 public:
  using value_type = T;
  explicit blocking(std::size_t capacity) : queue_(capacity) {}

  blocking& producer() { return *this; }
  blocking& consumer() { return *this; }

  void push(T item) { queue_.push(std::move(item)); }
  T pop() { return *queue_.pop(); }  // NOLINT(bugprone-unchecked-optional-access): it is never closed

  void push_n(std::span<const T> items) { queue_.push_n(items.begin(), items.size()); }
  std::size_t pop_n(std::span<T> items) { return queue_.pop_n(items.data(), items.size()); }

 private:
  plait::bounded_queue<T> queue_;
};

template <class T>
class nonblocking {
 public:
  using value_type = T;
  explicit nonblocking(std::size_t capacity) : queue_(capacity) {}

  nonblocking& producer() { return *this; }
  nonblocking& consumer() { return *this; }

  void push(T item) {
    while (queue_.try_push(std::move(item)) != plait::conqueue_status::success) std::this_thread::yield();
  }
  T pop() {
    for (;;) {
      if (auto item = queue_.try_pop()) return *std::move(item);
      std::this_thread::yield();
    }
  }

 private:
  plait::bounded_queue<T> queue_;
};

const bench::registration plait_queues([] {
  bench::add_bounded_queue<blocking<std::uint64_t>>("plait");
  bench::add_move_only_queue<blocking<bench::move_only_line>>("plait");
  bench::add_batch_queue<blocking<std::uint64_t>>("plait");
  bench::add_bounded_queue<nonblocking<std::uint64_t>>("plait_nonblocking");
  bench::add_move_only_queue<nonblocking<bench::move_only_line>>("plait_nonblocking");
  // What a batch is compared with: the same items, one at a time.
  constexpr bench::queue_shape shape{1, 1};
  bench::suite().push_back(
      {"bounded_queue", "batch", shape.name(), "plait_single", shape.threads(),
       [=](auto time) { return bench::throughput<blocking<std::uint64_t>>(shape, time); }});
});

}  // namespace
