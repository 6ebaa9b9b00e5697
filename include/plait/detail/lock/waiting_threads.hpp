// SPDX-License-Identifier: MIT
// The threads that sleep until they get a lock, and whether they wait for each other in a circle.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <plait/detail/lock/lock_stack.hpp>
#include <plait/detail/lock/order_finding.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A thread enters before it waits, and leaves when it has the lock. Meanwhile it gives back nothing of what it
// holds. Each thread of a circle holds what the one before it wants, and is in the list; whoever enters last
// sees all of it.
//
// A thread waits for whoever has the lock to itself, or, if it wants that, for each that shares it. So one such
// holder that never goes on is enough, and a circle that is seen is one that hangs.
class waiting_threads {
 public:
  // One of them, in its thread's frame.
  struct waiter {
    const lock_identity* wanted;
    bool shares;                               // the lock that it wants
    std::vector<lock_stack::entry> held = {};  // a copy, because lock() of what is checked may use other locks
    std::string wanted_name = {};
    lock_place place = {};
    waiter* next = nullptr;
    waiter* wanted_by = nullptr;  // while a circle is looked for: of those reached, who wants what it holds
  };

  // Returns the circle that it closes, itself first; empty if there is none. Throws std::bad_alloc, and has not
  // entered then.
  std::vector<order_finding::step> enter(waiter& self) {
    const std::lock_guard guard(lock_);
    std::vector<order_finding::step> circle = circle_of(self);
    self.next = std::exchange(first_, &self);
    return circle;
  }

  void leave(waiter& self) noexcept {
    const std::lock_guard guard(lock_);
    waiter** at = &first_;
    while (*at != &self) at = &(*at)->next;
    *at = self.next;
  }

  void before_fork() { lock_.lock(); }
  void after_fork() { lock_.unlock(); }
  void after_fork_in_child() {
    first_ = nullptr;  // they do not exist here, and this thread is not waiting
    lock_.unlock();
  }

 private:
  static bool holds_up(const waiter& holder, const waiter& other) noexcept {
    return std::any_of(holder.held.begin(), holder.held.end(), [&](const lock_stack::entry& each) {
      return each.lock == other.wanted && !(each.is_shared && other.shares);
    });
  }

  // By breadth, so that it is the shortest.
  std::vector<order_finding::step> circle_of(waiter& self) {
    for (waiter* each = first_; each != nullptr; each = each->next) each->wanted_by = nullptr;
    std::vector<waiter*> reached{&self};
    for (std::size_t i = 0; i != reached.size(); ++i) {
      if (holds_up(self, *reached[i])) return steps_to(*reached[i]);
      for (waiter* each = first_; each != nullptr; each = each->next) {
        if (each->wanted_by != nullptr || !holds_up(*each, *reached[i])) continue;
        each->wanted_by = reached[i];
        reached.push_back(each);
      }
    }
    return {};
  }

  // From the one that has closed the circle to `last`, which wants what that one holds.
  static std::vector<order_finding::step> steps_to(const waiter& last) {
    std::vector<order_finding::step> steps;
    for (const waiter* each = &last; each != nullptr; each = each->wanted_by) {
      const waiter& before = each->wanted_by != nullptr ? *each->wanted_by : last;
      steps.push_back({before.wanted_name, each->wanted_name, each->place, each->wanted_by == nullptr});
    }
    std::ranges::reverse(steps);
    return steps;
  }

  sync::mutex lock_;  // around the following, and what they point to
  waiter* first_ = nullptr;
};

}  // namespace PLAIT_NAMESPACE::detail
