// SPDX-License-Identifier: MIT
// boost_spsc: boost::lockfree::spsc_queue. It never waits, so the adapter yields.
#include <thread>

#include <boost/lockfree/spsc_queue.hpp>

#include "queue/spsc_queue.bench.hpp"

namespace {

class boost_spsc {
 public:
  using value_type = std::uint64_t;
  explicit boost_spsc(std::size_t capacity) : queue_(capacity) {}

  [[gnu::always_inline]] void push(value_type item) {
    while (!queue_.push(item)) std::this_thread::yield();
  }
  [[gnu::always_inline]] value_type pop() {
    value_type item{};
    while (!queue_.pop(item)) std::this_thread::yield();
    return item;
  }

  void push_n(std::span<const value_type> items) {
    while (!(items = items.subspan(queue_.push(items.data(), items.size()))).empty()) std::this_thread::yield();
  }
  std::size_t pop_n(std::span<value_type> items) {
    for (;;) {
      if (const std::size_t count = queue_.pop(items.data(), items.size())) return count;
      std::this_thread::yield();
    }
  }

 private:
  boost::lockfree::spsc_queue<value_type> queue_;
};

const bench::registration queues([] {
  bench::add_spsc_queue<boost_spsc>("boost_spsc");
  bench::add_batch<boost_spsc>("spsc_queue", "boost_spsc");
});

}  // namespace
