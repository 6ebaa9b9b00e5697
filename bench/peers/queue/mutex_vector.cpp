// SPDX-License-Identifier: MIT
// mutex_vector: std::mutex, std::vector and two condition variables, as in most programs.
#include <condition_variable>
#include <mutex>
#include <vector>

#include "queue/lifo_queue.bench.hpp"

namespace {

class mutex_vector {
 public:
  using value_type = std::uint64_t;
  explicit mutex_vector(std::size_t capacity) : capacity_(capacity) { items_.reserve(capacity); }

  [[gnu::always_inline]] void push(value_type item) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait(lock, [&] { return items_.size() < capacity_; });
      items_.push_back(item);
    }
    not_empty_.notify_one();
  }
  [[gnu::always_inline]] value_type pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return !items_.empty(); });
    const value_type item = items_.back();
    items_.pop_back();
    lock.unlock();
    not_full_.notify_one();
    return item;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::vector<value_type> items_;
};

const bench::registration queues([] { bench::add_lifo_queue<mutex_vector>("mutex_vector"); });

}  // namespace
