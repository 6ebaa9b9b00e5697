// SPDX-License-Identifier: MIT
// mutex_condvar: std::mutex, std::deque and two condition variables, as in most programs.
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>

#include "queue/bounded_queue.bench.hpp"
#include "queue/unbounded_queue.bench.hpp"

namespace {

template <class T>
class mutex_condvar {
 public:
  using value_type = T;
  explicit mutex_condvar(std::size_t capacity) : capacity_(capacity) {}

  [[gnu::always_inline]] void push(T item) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait(lock, [&] { return items_.size() < capacity_; });
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
  }
  [[gnu::always_inline]] T pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return !items_.empty(); });
    T item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    return item;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::deque<T> items_;
};

struct unbounded : mutex_condvar<std::uint64_t> {
  explicit unbounded(std::size_t /*capacity*/) : mutex_condvar(std::numeric_limits<std::size_t>::max()) {}
};

const bench::registration queues([] {
  bench::add_bounded_queue<mutex_condvar<std::uint64_t>>("mutex_condvar");
  bench::add_move_only_queue<mutex_condvar>("mutex_condvar");
  bench::add_unbounded_queue<unbounded>("mutex_condvar");
});

}  // namespace
