// SPDX-License-Identifier: MIT
// tbb: oneTBB's concurrent_bounded_queue, which blocks.
#include <tbb/concurrent_queue.h>

#include "../bounded_queue.bench.hpp"

namespace {

template <class T>
class tbb_queue {
 public:
  using value_type = T;
  explicit tbb_queue(std::size_t capacity) { queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }

  tbb_queue& producer() { return *this; }
  tbb_queue& consumer() { return *this; }

  void push(T item) { queue_.push(std::move(item)); }
  T pop() {
    T item{};
    queue_.pop(item);
    return item;
  }

 private:
  tbb::concurrent_bounded_queue<T> queue_;
};

const bench::registration queues([] {
  bench::add_bounded_queue<tbb_queue<std::uint64_t>>("tbb");
  bench::add_move_only_queue<tbb_queue<bench::move_only_line>>("tbb");
});

}  // namespace
