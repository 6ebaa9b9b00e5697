// SPDX-License-Identifier: MIT
// The items of a PriorityQueue: a list that heapq keeps in order, under a lock.
//
// Comparing two items may run any Python code, so that no C++ container can compare them. For each item in the
// list there is a ticket in one of plait's queues, which does the rest: the bound, waiting, closing, join().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <plait/lifo_queue.hpp>

#include "module_state.hpp"
#include "outcome.hpp"
#include "python.hpp"
#include "python_lock.hpp"
#include "stable_entry.hpp"

namespace plait_python {

class heap_store {
 public:
  using ticket_queue = plait::lifo_queue<char>;

  // `list` is an empty list. The state outlives this. `is_stable`: equals come out as they came.
  heap_store(reference list, const module_state& state, std::size_t capacity, bool is_stable)
      : state_(state), list_(std::move(list)), tickets_(capacity), is_stable_(is_stable) {}

  bool is_stable() const noexcept { return is_stable_; }

  // Takes its own reference. If the comparison of two items raises, the item is not in the queue.
  outcome put(PyObject* item) {
    if (!lock()) return outcome::failed;
    outcome result = outcome::failed;
    if (is_stable_) {
      const reference entry(stable_entry::make(state_, item, arrivals_++));
      if (entry) result = put_locked(entry.get());
    } else {
      result = put_locked(item);
    }
    lock_.unlock();
    return result;
  }

  // If the comparison of two items raises, no item is lost, but they may be out of order.
  outcome take(PyObject*& item) {
    if (!lock()) return outcome::failed;
    const outcome result = take_locked(item);
    lock_.unlock();
    if (is_stable_ && result == outcome::done) {
      const reference entry(item);
      item = Py_NewRef(stable_entry::item_of(entry.get()));
    }
    return result;
  }

  // A new list of the items as they lie, which is a heap; `and_clear`: and takes them. Null: an exception is
  // set.
  PyObject* items(bool and_clear) {
    if (!lock()) return nullptr;
    reference copy(PyList_GetSlice(list_.get(), 0, PyList_GET_SIZE(list_.get())));
    for (Py_ssize_t at = 0; is_stable_ && copy && at != PyList_GET_SIZE(copy.get()); ++at) {
      PyObject* const entry = PyList_GET_ITEM(copy.get(), at);  // the list has one, too
      PyList_SET_ITEM(copy.get(), at, Py_NewRef(stable_entry::item_of(entry)));
      Py_DECREF(entry);
    }
    if (copy && and_clear) clear();
    lock_.unlock();
    return copy.release();
  }

  ticket_queue& tickets() noexcept { return tickets_; }

  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(list_.get());
    return 0;
  }

  // When no other thread uses the queue.
  void clear() {
    while (tickets_.try_pop()) {
    }
    PyList_SetSlice(list_.get(), 0, PyList_GET_SIZE(list_.get()), nullptr);
  }

  // In the child of a fork: a thread that is no longer there may have been in the middle of a put or a take.
  void reset_after_fork() {
    lock_.reset_after_fork();
    const auto length = static_cast<std::size_t>(PyList_GET_SIZE(list_.get()));
    while (tickets_.size() > length && tickets_.try_pop()) {
    }
    while (tickets_.size() < length && tickets_.try_push(0) == plait::conqueue_status::success) {
    }
  }

 private:
  // False, with RuntimeError: this thread holds it already, by the comparison of two of the queue's items.
  bool lock() {
    if (lock_.lock()) return true;
    PyErr_SetString(PyExc_RuntimeError, "a PriorityQueue was used while it compared two of its own items");
    return false;
  }

  outcome put_locked(PyObject* item) {
    const outcome claimed = outcome_of(tickets_.try_push(0));
    if (claimed != outcome::done) return claimed;
    PyObject* const arguments[] = {list_.get(), item};
    const reference result(PyObject_Vectorcall(state_.heappush, arguments, 2, nullptr));
    if (result) return outcome::done;
    static_cast<void>(tickets_.try_pop());
    tickets_.task_done();
    remove(item);
    return outcome::failed;
  }

  outcome take_locked(PyObject*& item) {
    if (PyList_GET_SIZE(list_.get()) == 0) {
      const auto none = tickets_.try_pop();
      return outcome_of(none ? plait::conqueue_status::empty : none.error());
    }
    reference first = reference::to(PyList_GET_ITEM(list_.get(), 0));
    item = PyObject_CallOneArg(state_.heappop, list_.get());
    if (item == nullptr) {  // heappop() has dropped the first one
      PyObject *type, *value, *trace;
      PyErr_Fetch(&type, &value, &trace);
      PyList_Append(list_.get(), first.get());
      PyErr_Restore(type, value, trace);
      return outcome::failed;
    }
    static_cast<void>(tickets_.try_pop());
    return outcome::done;
  }

  // An item that heappush() has left somewhere in the list.
  void remove(PyObject* item) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    for (Py_ssize_t at = PyList_GET_SIZE(list_.get()); at-- != 0;) {
      if (PyList_GET_ITEM(list_.get(), at) != item) continue;
      PyList_SetSlice(list_.get(), at, at + 1, nullptr);
      break;
    }
    if (const reference ordered(PyObject_CallOneArg(state_.heapify, list_.get())); !ordered) PyErr_Clear();
    PyErr_Restore(type, value, trace);
  }

  const module_state& state_;
  reference list_;  // as many items as there are tickets, while nobody holds the lock
  ticket_queue tickets_;
  const bool is_stable_;  // then the list holds stable_entry objects
  std::uint64_t arrivals_ = 0;
  python_lock lock_;
};

}  // namespace plait_python
