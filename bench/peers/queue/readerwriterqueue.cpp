// SPDX-License-Identifier: MIT
// readerwriter, readerwriter_blocking: the bounded queue of readerwriterqueue, which its author calls a
// circular buffer. The first waits by yielding, the second by itself.
#include <thread>

#include <readerwriterqueue/readerwritercircularbuffer.h>

#include "queue/spsc_queue.bench.hpp"

namespace {

class nonblocking {
 public:
  using value_type = std::uint64_t;
  explicit nonblocking(std::size_t capacity) : queue_(capacity) {}

  [[gnu::always_inline]] void push(value_type item) {
    while (!queue_.try_enqueue(item)) std::this_thread::yield();
  }
  [[gnu::always_inline]] value_type pop() {
    value_type item{};
    while (!queue_.try_dequeue(item)) std::this_thread::yield();
    return item;
  }

 private:
  moodycamel::BlockingReaderWriterCircularBuffer<value_type> queue_;
};

class blocking {
 public:
  using value_type = std::uint64_t;
  explicit blocking(std::size_t capacity) : queue_(capacity) {}

  [[gnu::always_inline]] void push(value_type item) { queue_.wait_enqueue(item); }
  [[gnu::always_inline]] value_type pop() {
    value_type item{};
    queue_.wait_dequeue(item);
    return item;
  }

 private:
  moodycamel::BlockingReaderWriterCircularBuffer<value_type> queue_;
};

const bench::registration queues([] {
  bench::add_spsc_queue<nonblocking>("readerwriter");
  bench::add_spsc_queue<blocking>("readerwriter_blocking");
});

}  // namespace
