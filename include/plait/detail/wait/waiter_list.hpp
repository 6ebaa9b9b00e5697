// SPDX-License-Identifier: MIT
// Waiters that are no threads: what an event count calls instead of waking a thread, and a list of them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// One place in a circle of waiters, or the end of one. Whoever is in a circle can leave it without knowing
// which one it is.
struct waiter_links {
  waiter_links* before = this;
  waiter_links* after = this;

  waiter_links() noexcept = default;
  waiter_links(const waiter_links&) = delete;
  waiter_links& operator=(const waiter_links&) = delete;

  bool is_alone() const noexcept { return after == this; }

  void join_before(waiter_links& other) noexcept {
    before = other.before;
    after = &other;
    before->after = after->before = this;
  }
  void leave() noexcept {
    before->after = after;
    after->before = before;
    before = after = this;
  }
};

// A suspended coroutine, a file descriptor, or whoever else is told instead of being woken. While it is
// registered at an event count it stays where it is.
class registered_waiter : waiter_links {
 public:
  // Called once for each registration that does not end before, by the thread that notifies, outside every
  // lock. The registration has ended then: this may register again, or be gone when it returns. Returns whether
  // another waiter is to be notified in turn: this one leaves things to do, or does nothing itself.
  virtual bool notified() noexcept = 0;

 protected:
  registered_waiter() noexcept = default;
  ~registered_waiter() = default;

 private:
  friend class waiter_list;
};

// The registered waiters of an event count; the one that has waited longest is taken first. The lock is held
// for a few instructions, and only while there are such waiters or a notifier has seen some.
//
// The event count's flag says whether there are any. It changes under the lock, by the functions given here.
class waiter_list {
 public:
  static constexpr bool is_there = true;

  waiter_list() noexcept = default;
  waiter_list(const waiter_list&) = delete;
  waiter_list& operator=(const waiter_list&) = delete;

  // A build with assertions stops the program if somebody still waits, unless it is a child of fork() in which
  // whoever waits belongs to a thread that is not there.
  ~waiter_list() {
    if constexpr (sync::has_assertions) {
      if (!ends_.is_alone() && !sync::is_child_of_fork()) fail();
    }
  }

  // Unless is_ready() says, after the flag is set, that there is no need to wait: then false. Nobody takes the
  // waiter before this returns, and once it has returned true the waiter may be gone.
  template <class SetFlag, class ClearFlag, class IsReady>
  bool add_unless(registered_waiter& waiter, SetFlag set_flag, ClearFlag clear_flag,
                  IsReady is_ready) noexcept {
    const std::scoped_lock hold(lock_);
    set_flag();
    if (is_ready()) {
      if (ends_.is_alone()) clear_flag();
      return false;
    }
    waiter.join_before(ends_);
    return true;
  }

  // False if it is not, or no longer, registered.
  template <class ClearFlag>
  bool remove(registered_waiter& waiter, ClearFlag clear_flag) noexcept {
    const std::scoped_lock hold(lock_);
    if (waiter.is_alone()) return false;
    waiter.leave();
    if (ends_.is_alone()) clear_flag();
    return true;
  }

  // The first one, whose registration ends; null if there is none.
  template <class ClearFlag>
  registered_waiter* take(ClearFlag clear_flag) noexcept {
    const std::scoped_lock hold(lock_);
    registered_waiter* const first = take_first(ends_);
    if (first != nullptr && ends_.is_alone()) clear_flag();
    return first;
  }

  // Takes all that are registered now, one after the other, and calls `each` for them outside the lock. Those
  // whose turn has not come can still be removed.
  template <class ClearFlag, class Each>
  void take_all(ClearFlag clear_flag, Each each) noexcept {
    waiter_links present;
    {
      const std::scoped_lock hold(lock_);
      if (ends_.is_alone()) return;
      present.join_before(ends_);
      ends_.leave();
      clear_flag();
    }
    for (;;) {
      registered_waiter* next;
      {
        const std::scoped_lock hold(lock_);
        next = take_first(present);
      }
      if (next == nullptr) return;
      each(*next);
    }
  }

 private:
  [[noreturn]] static void fail() noexcept {
    std::fputs(
        "plait: a queue is destroyed while a coroutine or a readiness_fd waits at it: they have to end "
        "before\n",
        stderr);
    std::abort();
  }

  static registered_waiter* take_first(waiter_links& ends) noexcept {
    if (ends.is_alone()) return nullptr;
    waiter_links& first = *ends.after;
    first.leave();
    return static_cast<registered_waiter*>(&first);
  }

  sync::mutex lock_;
  waiter_links ends_;  // the first is after it, the last before it
};

// For an event count at which only threads wait.
struct no_waiter_list {
  static constexpr bool is_there = false;
};

}  // namespace PLAIT_NAMESPACE::detail
