// SPDX-License-Identifier: MIT
// boost_stack: boost::lockfree::stack with all nodes allocated beforehand. It never waits, so the adapter
// yields.
#include <thread>

#include <boost/lockfree/stack.hpp>

#include "queue/lifo_queue.bench.hpp"

namespace {

class boost_stack {
 public:
  using value_type = std::uint64_t;
  explicit boost_stack(std::size_t capacity) : stack_(capacity) {}

  [[gnu::always_inline]] void push(value_type item) {
    while (!stack_.bounded_push(item)) std::this_thread::yield();
  }
  [[gnu::always_inline]] value_type pop() {
    value_type item = 0;
    while (!stack_.pop(item)) std::this_thread::yield();
    return item;
  }

 private:
  boost::lockfree::stack<value_type, boost::lockfree::fixed_sized<true>> stack_;
};

const bench::registration queues([] { bench::add_lifo_queue<boost_stack>("boost_stack"); });

}  // namespace
