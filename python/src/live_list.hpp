// SPDX-License-Identifier: MIT
// All living objects of a kind, for fork(): what other threads were doing is put right in the child.
#pragma once

#include <mutex>
#include <new>

#include <plait/mutex.hpp>

namespace plait_python {

// T has the members previous and next, which are the list's.
template <class T>
class live_list {
 public:
  void add(T& object) {
    const std::lock_guard hold(lock_);
    object.previous = nullptr;
    object.next = first_;
    if (first_ != nullptr) first_->previous = &object;
    first_ = &object;
  }

  void remove(T& object) {
    const std::lock_guard hold(lock_);
    if (object.next != nullptr) object.next->previous = object.previous;
    (object.previous != nullptr ? object.previous->next : first_) = object.next;
  }

  // In the child of a fork, where no other thread is left.
  template <class Repair>
  void after_fork(Repair repair) {
    // A thread that is not there may have held the lock only without the GIL: no Python runs under it.
    lock_.~mutex();
    new (&lock_) plait::mutex();
    for (T* each = first_; each != nullptr; each = each->next) repair(*each);
  }

 private:
  plait::mutex lock_;
  T* first_ = nullptr;
};

}  // namespace plait_python
