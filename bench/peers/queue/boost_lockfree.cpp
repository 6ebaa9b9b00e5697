// SPDX-License-Identifier: MIT
// boost_lockfree: boost::lockfree::queue with all nodes allocated beforehand. It never waits, so the
// adapter yields. It holds trivially copyable items only. For unbounded_queue it allocates nodes as needed.
#include <thread>

#include <boost/lockfree/queue.hpp>

#include "queue/bounded_queue.bench.hpp"
#include "queue/unbounded_queue.bench.hpp"

namespace {

template <class T>
class boost_lockfree {
 public:
  using value_type = T;
  explicit boost_lockfree(std::size_t capacity) : queue_(capacity) {}

  [[gnu::always_inline]] void push(const T& item) {
    while (!queue_.bounded_push(item)) std::this_thread::yield();
  }
  [[gnu::always_inline]] T pop() {
    T item;
    while (!queue_.pop(item)) std::this_thread::yield();
    return item;
  }

 private:
  boost::lockfree::queue<T, boost::lockfree::fixed_sized<true>> queue_;
};

class unbounded {
 public:
  using value_type = std::uint64_t;
  explicit unbounded(std::size_t capacity) : queue_(capacity) {}

  [[gnu::always_inline]] void push(std::uint64_t item) { queue_.push(item); }
  [[gnu::always_inline]] std::uint64_t pop() {
    std::uint64_t item = 0;
    while (!queue_.pop(item)) std::this_thread::yield();
    return item;
  }

 private:
  boost::lockfree::queue<std::uint64_t> queue_;
};

const bench::registration queues([] {
  bench::add_bounded_queue<boost_lockfree<std::uint64_t>>("boost_lockfree");
  bench::add_unbounded_queue<unbounded>("boost_lockfree");
});

}  // namespace
