// SPDX-License-Identifier: MIT
// The items of a PriorityQueue: a heap, under a lock.
//
// Comparing two items may run any Python code, so that no C++ container can compare them. For each item in the
// heap there is a ticket in one of plait's queues, which does the rest: the bound, waiting, closing, join().
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <new>
#include <stdexcept>

#include <plait/lifo_queue.hpp>

#include "item_heap.hpp"
#include "outcome.hpp"
#include "python.hpp"
#include "python_lock.hpp"

namespace plait_python {

class heap_store {
 public:
  using ticket_queue = plait::lifo_queue<char>;

  // `is_stable`: equals come out as they came.
  heap_store(std::size_t capacity, bool is_stable) : heap_(is_stable), tickets_(capacity) {}

  bool is_stable() const noexcept { return heap_.is_stable(); }

  // Takes its own reference. If the comparison of two items raises, the item is not in the queue. Throws
  // std::bad_alloc, and nothing has happened then.
  outcome put(PyObject* item) {
    const auto held = hold();
    if (!held) return outcome::failed;
    const outcome claimed = outcome_of(tickets_.try_push(0));
    if (claimed != outcome::done) return claimed;
    try {
      if (heap_.push(item)) return outcome::done;
    } catch (const std::bad_alloc&) {
      take_ticket_back();
      throw;
    }
    take_ticket_back();
    return outcome::failed;
  }

  // Gives its reference to the caller. If the comparison of two items raises, no item is lost, but they may be
  // out of order.
  outcome take(PyObject*& item) {
    const auto held = hold();
    if (!held) return outcome::failed;
    if (heap_.size() == 0) {
      const auto none = tickets_.try_pop();
      return outcome_of(none ? plait::conqueue_status::empty : none.error());
    }
    item = heap_.pop();
    if (item == nullptr) return outcome::failed;
    static_cast<void>(tickets_.try_pop());
    return outcome::done;
  }

  // The same for several: all of them, `count` at most, or none. `count` becomes how many they are.
  outcome take_many(PyObject** items, std::size_t& count) {
    const auto held = hold();
    if (!held) return outcome::failed;
    count = std::min(count, heap_.size());
    if (!heap_.pop_many(items, count)) return outcome::failed;
    for (std::size_t left = count; left != 0; --left) static_cast<void>(tickets_.try_pop());
    return outcome::done;
  }

  // Nobody else puts or takes meanwhile. Empty, with RuntimeError: this thread compares two of the queue's
  // items.
  std::unique_lock<python_lock> hold() {
    if (lock_.lock()) return {lock_, std::adopt_lock};
    PyErr_SetString(PyExc_RuntimeError, "a PriorityQueue was used while it compared two of its own items");
    return {};
  }

  // A new list of the items as they lie, which is a heap. Null: an exception is set.
  PyObject* items() {
    const auto held = hold();
    return held ? items_held() : nullptr;
  }
  // The same for whoever holds it.
  PyObject* items_held() {
    PyObject* const list = PyList_New(static_cast<Py_ssize_t>(heap_.size()));
    if (list == nullptr) return nullptr;
    Py_ssize_t at = 0;
    heap_.for_each([&](PyObject* item) { PyList_SET_ITEM(list, at++, Py_NewRef(item)); });
    return list;
  }

  ticket_queue& tickets() noexcept { return tickets_; }

  int traverse(visitproc visit, void* arg) const {
    int result = 0;
    heap_.for_each([&](PyObject* item) {
      if (result == 0) result = visit(item, arg);
    });
    return result;
  }

  // For whoever holds it, or when no other thread uses the queue.
  void clear() {
    while (tickets_.try_pop()) {
    }
    heap_.clear();
  }

  // In the child of a fork: a thread that is no longer there may have been in the middle of a put or a take.
  void reset_after_fork() {
    lock_.reset_after_fork();
    while (tickets_.size() > heap_.size() && tickets_.try_pop()) {
    }
    while (tickets_.size() < heap_.size() && tickets_.try_push(0) == plait::conqueue_status::success) {
    }
  }

 private:
  void take_ticket_back() {
    static_cast<void>(tickets_.try_pop());
    try {
      tickets_.task_done();
    } catch (const std::logic_error&) {  // somebody has marked it done already
    }
  }

  item_heap heap_;  // as many items as there are tickets, while nobody holds the lock
  ticket_queue tickets_;
  python_lock lock_;
};

}  // namespace plait_python
