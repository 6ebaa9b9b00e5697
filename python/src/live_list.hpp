// SPDX-License-Identifier: MIT
// All living objects of a kind, for fork(): what other threads were doing is put right in the child.
#pragma once

#include <mutex>
#include <new>

#include <plait/mutex.hpp>

namespace plait_python {

// T has the members list, previous and next, which are the list's, and null at first. Objects may outlive the
// module that made the list, and the type by which the module is found: so each knows its list, and the last of
// them takes it along.
template <class T>
class live_list {
 public:
  void add(T& object) {
    const std::lock_guard hold(lock_);
    object.list = this;
    object.previous = nullptr;
    object.next = first_;
    if (first_ != nullptr) first_->previous = &object;
    first_ = &object;
  }

  // From its list, if it is in one.
  static void remove(T& object) {
    if (object.list != nullptr) object.list->remove_own(object);
  }

  // By the module, which goes.
  void abandon() {
    bool is_last;
    {
      const std::lock_guard hold(lock_);
      is_abandoned_ = true;
      is_last = first_ == nullptr;
    }
    if (is_last) delete this;
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
  void remove_own(T& object) {
    bool is_last;
    {
      const std::lock_guard hold(lock_);
      if (object.next != nullptr) object.next->previous = object.previous;
      (object.previous != nullptr ? object.previous->next : first_) = object.next;
      is_last = is_abandoned_ && first_ == nullptr;
    }
    if (is_last) delete this;
  }

  plait::mutex lock_;
  T* first_ = nullptr;
  bool is_abandoned_ = false;
};

}  // namespace plait_python
