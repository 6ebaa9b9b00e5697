// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_bounded_queue, which blocks; and for unbounded_queue its concurrent_queue, which is
// faster and does not, so the adapter yields.
#include <thread>

#include <tbb/concurrent_queue.h>

#include "queue/bounded_queue.bench.hpp"
#include "queue/unbounded_queue.bench.hpp"

namespace {

template <class T>
class tbb_queue {
 public:
  using value_type = T;
  explicit tbb_queue(std::size_t capacity) { queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }

  [[gnu::always_inline]] void push(T item) { queue_.push(std::move(item)); }
  [[gnu::always_inline]] T pop() {
    T item{};
    queue_.pop(item);
    return item;
  }

 private:
  tbb::concurrent_bounded_queue<T> queue_;
};

class tbb_unbounded_queue {
 public:
  using value_type = std::uint64_t;
  explicit tbb_unbounded_queue(std::size_t /*capacity*/) {}

  [[gnu::always_inline]] void push(std::uint64_t item) { queue_.push(item); }
  [[gnu::always_inline]] std::uint64_t pop() {
    std::uint64_t item = 0;
    while (!queue_.try_pop(item)) std::this_thread::yield();
    return item;
  }

 private:
  tbb::concurrent_queue<std::uint64_t> queue_;
};

const bench::registration queues([] {
  bench::add_bounded_queue<tbb_queue<std::uint64_t>>("tbb");
  bench::add_move_only_queue<tbb_queue>("tbb");
  bench::add_unbounded_queue<tbb_unbounded_queue>("tbb");
});

}  // namespace
