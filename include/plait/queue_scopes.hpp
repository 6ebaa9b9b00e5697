// SPDX-License-Identifier: MIT
// producer, task_guard, items_of: close(), task_done() and pop() tied to a scope or a loop.
//
// Use a producer in every thread that pushes, when consumers are to end once all producers have: the last one
// destroyed closes the queue. Call close() yourself when one thread decides. Use a task_guard when a thread
// joins the queue: the task is marked done even if the work throws. Use items_of to pop in a loop.
//
//   operation             what it does                                                  exceptions
//   producer(queue)       one more producer; copies count, moves do not (1)             std::bad_alloc: closes
//   ~producer, reset      one fewer; the last one closes the queue                      none
//   task_guard(queue)     nothing                                                       none
//   ~task_guard           queue.task_done() (2)                                         none
//   items_of(queue)       a range of one pass: each step pops, and it ends              what pop() throws
//                         once the queue is closed and drained
//   items_of(queue, stop) as above; it also ends if a stop is requested and nothing     what pop() throws
//                         is left
//   (1) Two producers made from the same queue do not know of each other: make one, and copy it.
//   (2) Marking more tasks done than were put terminates the program.
//
//   const auto work = [&](const std::stop_token& stop) {
//     for (const int job : plait::items_of(jobs, stop)) {
//       const plait::task_guard done(jobs);
//       results.push(job * job);
//     }
//   };
//
// Queue: concurrent_queue. It must outlive them. Do not copy the producer of an spsc_queue to another thread.
// Design note: docs/structures/queue_scopes.md.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <plait/concurrent_queue.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// A pointer to a queue that keeps it open: the last copy destroyed or reset closes it.
template <concurrent_queue Queue>
class producer {
 public:
  // The first producer of `queue`.
  explicit producer(Queue& queue) : queue_(std::addressof(queue), [](Queue* open) { open->close(); }) {}

  // The queue, to push into.
  Queue& operator*() const noexcept { return *queue_; }
  Queue* operator->() const noexcept { return queue_.get(); }

  // Pushes no more. The last one closes the queue.
  void reset() noexcept { queue_.reset(); }

 private:
  std::shared_ptr<Queue> queue_;  // its deleter closes the queue
};

// Marks one popped item as done when the scope ends.
template <concurrent_queue Queue>
class [[nodiscard]] task_guard {
 public:
  // For one item that was popped from `queue`.
  explicit task_guard(Queue& queue) noexcept : queue_(queue) {}
  task_guard(const task_guard&) = delete;
  task_guard& operator=(const task_guard&) = delete;
  ~task_guard() { queue_.task_done(); }

 private:
  Queue& queue_;
};

// What items_of() returns: an input range that pops in begin() and at every step.
template <concurrent_queue Queue>
class popped_items {
 public:
  // Refers to the item that was popped last.
  class iterator {
   public:
    using value_type = typename Queue::value_type;
    using difference_type = std::ptrdiff_t;

    // The item, which may be moved from.
    value_type& operator*() const noexcept { return *items_->item_; }
    // Destroys the item and pops the next one; waits for it.
    iterator& operator++() {
      items_->pop();
      return *this;
    }
    void operator++(int) { ++*this; }

    // Whether the range has ended.
    bool operator==(std::default_sentinel_t) const noexcept { return !items_->item_.has_value(); }

   private:
    friend popped_items;
    explicit iterator(popped_items& items) noexcept : items_(&items) {}

    popped_items* items_;
  };

  // See items_of().
  popped_items(Queue& queue, std::stop_token stop) noexcept : queue_(queue), stop_(std::move(stop)) {}
  popped_items(const popped_items&) = delete;
  popped_items& operator=(const popped_items&) = delete;

  // Pops the first item.
  iterator begin() {
    pop();
    return iterator(*this);
  }
  // Reached once the queue is closed and drained, or a stop was requested and nothing is left.
  std::default_sentinel_t end() const noexcept { return std::default_sentinel; }

 private:
  void pop() {
    item_.reset();  // before waiting for the next one
    if (std::optional<typename Queue::value_type> next = queue_.pop(stop_)) item_.emplace(*std::move(next));
  }

  Queue& queue_;
  std::stop_token stop_;
  std::optional<typename Queue::value_type> item_;  // the last item popped; empty at the end
};

// The items of a queue, each popped when the loop reaches it.
template <concurrent_queue Queue>
[[nodiscard]] popped_items<Queue> items_of(Queue& queue, std::stop_token stop = {}) {
  return {queue, std::move(stop)};
}

}  // namespace PLAIT_NAMESPACE
