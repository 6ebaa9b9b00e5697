// SPDX-License-Identifier: MIT
// Where the items of a queue lie: one of plait's queues, which holds a reference to each.
//
// Every call is made attached. With the GIL no two run at once; without it, they are the operations of queues
// for any number of threads. Nothing between claiming a place and filling it runs Python code, so that a
// garbage collection, a fork or a signal handler finds every item in its place.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/lifo_queue.hpp>
#include <plait/unbounded_queue.hpp>

#include "heap_store.hpp"
#include "outcome.hpp"
#include "python.hpp"

namespace plait_python {

enum class order : unsigned char { first_in_first_out, last_in_first_out, smallest_first };

class item_store {
 public:
  // Larger ones would take their memory at once: they use Python's queue instead.
  static constexpr std::size_t largest_bound = std::size_t{1} << 20;

  // Bound 0: none. Throws std::bad_alloc.
  item_store(order order, std::size_t bound, bool is_stable) : order_(order), bound_(bound) {
    switch (order) {
      case order::first_in_first_out:
        if (bound != 0) {
          ring_ = std::make_unique<plait::bounded_queue<PyObject*>>(bound);
        } else {
          list_ = std::make_unique<plait::unbounded_queue<PyObject*>>();
        }
        break;
      case order::last_in_first_out:
        stack_ = bound != 0 ? std::make_unique<plait::lifo_queue<PyObject*>>(bound)
                            : std::make_unique<plait::lifo_queue<PyObject*>>();
        break;
      case order::smallest_first:
        heap_ = std::make_unique<heap_store>(bound != 0 ? bound : heap_store::ticket_queue::max_capacity(),
                                             is_stable);
        break;
    }
  }

  order ordered() const noexcept { return order_; }
  std::size_t bound() const noexcept { return bound_; }

  // What all queues of plait have. For a heap, the queue of its tickets.
  template <class Use>
  decltype(auto) with(Use use) {
    if (ring_) return use(*ring_);
    if (list_) return use(*list_);
    if (stack_) return use(*stack_);
    return use(heap_->tickets());
  }

  // Takes its own reference to the item. Throws std::bad_alloc, and nothing has happened then.
  outcome put(PyObject* item) {
    if (heap_) return heap_->put(item);
    Py_INCREF(item);
    try {
      const outcome result = outcome_of(push(item));
      if (result != outcome::done) [[unlikely]]
        Py_DECREF(item);
      return result;
    } catch (...) {
      Py_DECREF(item);
      throw;
    }
  }

  // Gives its reference to the caller.
  outcome take(PyObject*& item) {
    if (ring_) [[likely]]
      return take_from(*ring_, item);
    if (list_) return take_from(*list_, item);
    if (stack_) return take_from(*stack_, item);
    return heap_->take(item);
  }

  // The same for several, which may be fewer than wanted. -1: an exception is set. None was taken then; those
  // that were put before it stay.
  Py_ssize_t put_many(PyObject* const* items, std::size_t count) {
    if (heap_) {
      std::size_t done = 0;
      outcome result = outcome::done;
      while (done != count && (result = heap_->put(items[done])) == outcome::done) ++done;
      return result == outcome::failed ? -1 : static_cast<Py_ssize_t>(done);
    }
    for (std::size_t at = 0; at != count; ++at) Py_INCREF(items[at]);
    std::size_t done = 0;
    try {
      done = with([&](auto& queue) { return push_n(queue, items, count); });
    } catch (...) {
      for (std::size_t at = 0; at != count; ++at) Py_DECREF(items[at]);
      throw;
    }
    for (std::size_t at = done; at != count; ++at) Py_DECREF(items[at]);
    return static_cast<Py_ssize_t>(done);
  }
  Py_ssize_t take_many(PyObject** items, std::size_t count) {
    if (heap_) return heap_->take_many(items, count) == outcome::done ? static_cast<Py_ssize_t>(count) : -1;
    return static_cast<Py_ssize_t>(with([&](auto& queue) { return pop_n(queue, items, count); }));
  }

  std::size_t size() {
    return with([](auto& queue) { return queue.size(); });
  }
  bool is_closed() {
    return with([](auto& queue) { return queue.is_closed(); });
  }
  void close() {
    with([](auto& queue) { queue.close(); });
  }
  // False: there is none.
  bool task_done() {
    return with([](auto& queue) {
      if (queue.unfinished_tasks() == 0) return false;
      try {
        queue.task_done();
        return true;
      } catch (const std::logic_error&) {  // without the GIL: another thread was faster
        return false;
      }
    });
  }
  std::size_t unfinished_tasks() {
    return with([](auto& queue) { return queue.unfinished_tasks(); });
  }

  heap_store* heap() noexcept { return heap_.get(); }

  // Calls visit(item) for each item, from the first that was put. No other thread may use the queue meanwhile,
  // as in a garbage collection. Not for a heap.
  template <class Visit>
  void for_each(Visit visit) {
    if (ring_) plait::detail::machinery_of(*ring_).store().for_each_quiet(visit);
    if (list_) plait::detail::machinery_of(*list_).store().for_each_quiet(visit);
    if (stack_) plait::detail::machinery_of(*stack_).store().for_each_quiet(visit);
  }

  int traverse(visitproc visit, void* arg) {
    if (heap_) return heap_->traverse(visit, arg);
    int result = 0;
    for_each([&](PyObject* item) noexcept {
      if (result == 0) result = visit(item, arg);
    });
    return result;
  }

  // Drops every item. What runs then may put others.
  void clear() {
    if (heap_) return heap_->clear();
    for (PyObject* item = nullptr; take(item) == outcome::done;) Py_DECREF(item);
  }

  // In the child of a fork, where no other thread is left.
  void reset_after_fork() {
    with([](auto& queue) { queue.reset_after_fork(); });
    if (heap_) heap_->reset_after_fork();
  }

 private:
  plait::conqueue_status push(PyObject* item) {
    if (ring_) [[likely]]
      return ring_->try_push(item);
    if (list_) return list_->try_push(item);
    return stack_->try_push(item);
  }

  template <class Queue>
  static outcome take_from(Queue& queue, PyObject*& item) {
    const auto taken = queue.try_pop();
    if (!taken) return outcome_of(taken.error());
    item = *taken;
    return outcome::done;
  }

  // The queue of a heap's tickets is not asked for items.
  template <class Queue>
  static std::size_t push_n(Queue& queue, PyObject* const* items, std::size_t count) {
    if constexpr (std::is_same_v<typename Queue::value_type, PyObject*>) {
      return queue.try_push_n(items, count);
    } else {
      return 0;
    }
  }
  template <class Queue>
  static std::size_t pop_n(Queue& queue, PyObject** items, std::size_t count) {
    if constexpr (std::is_same_v<typename Queue::value_type, PyObject*>) {
      return queue.try_pop_n(items, count);
    } else {
      return 0;
    }
  }

  order order_;
  std::size_t bound_;
  // One of these.
  std::unique_ptr<plait::bounded_queue<PyObject*>> ring_;
  std::unique_ptr<plait::unbounded_queue<PyObject*>> list_;
  std::unique_ptr<plait::lifo_queue<PyObject*>> stack_;
  std::unique_ptr<heap_store> heap_;
};

}  // namespace plait_python
