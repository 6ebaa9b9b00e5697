// SPDX-License-Identifier: MIT
// readiness_fd: a file descriptor that becomes readable when a queue has an item, for poll, epoll and event
// loops.
//
// Use it when one thread serves a queue and sockets. Use pop_any where all that is waited for are queues: it
// needs no descriptor, and pops by itself.
//
//   operation      progress                          complexity  memory
//   constructor    does not wait                     O(1)        an eventfd
//   rearm          waits for a push or close that    O(1)        none
//                  is just writing to it
//   native_handle  does not wait                     O(1)        none
//   destructor     as rearm                          O(1)        none
//   While it is armed, the next push, or close, makes the descriptor readable: one write for a burst, because
//   it is armed no more. If threads sleep in pop() as well, they and it take turns. It stays readable until
//   rearm() finds the queue empty and open: so pop until nothing is left, and then rearm(). It uses up no wake
//   of a thread. A push costs no more than without it while it is not armed. Once the queue is closed, it stays
//   readable for ever: leave it out of the loop when try_pop() says closed.
//
// Exceptions: std::system_error if the system has no descriptor left.
//
//   plait::readiness_fd ready(results);
//   pollfd waited_for[] = {{ready.native_handle(), POLLIN, 0}, {ends[0], POLLIN, 0}};
//   while (!results.is_closed() || !results.empty()) {
//     if (::poll(waited_for, 2, -1) < 0) continue;  // a signal
//     if (waited_for[0].revents != 0) {
//       while (auto item = results.try_pop()) sum += *item;
//       ready.rearm();  // if an item has come meanwhile, poll() returns at once
//     }
//     if (waited_for[1].revents != 0 && !read_some()) waited_for[1].fd = -1;  // which poll() leaves out
//   }
//
// One thread at a time calls rearm(). The queue outlives this. The descriptor is only to be waited for: not to
// be read, written or closed. A child of fork() shares it with its parent and leaves it alone.
// Queue: any of plait's. Algorithm: a waiter that is no thread, at the queue's event count. Design note:
// docs/structures/readiness_fd.md.
#pragma once

#include <plait/concurrent_queue.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/waiter_list.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// Edges:  told  state_  release in notified -> acquire in rearm, ~readiness_fd: what a notifier did with this
//                       object comes before it is armed again, or destroyed
template <concurrent_queue Queue>
class readiness_fd final : detail::registered_waiter {
 public:
  using native_handle_type = detail::sync::settable_descriptor::native_handle_type;  // int

  // Armed; or readable, if there is something to pop, or the queue is closed. Throws std::system_error if the
  // system has no descriptor left.
  explicit readiness_fd(Queue& queue) : queue_(queue) {
    readable_.set();  // what comes from now on finds it so, or finds it armed
    rearm();
  }
  readiness_fd(const readiness_fd&) = delete;
  readiness_fd& operator=(const readiness_fd&) = delete;

  ~readiness_fd() { disarm(); }

  // For poll(), epoll_ctl() and the like.
  [[nodiscard]] native_handle_type native_handle() const noexcept { return readable_.native_handle(); }

  // To be called when the queue has been found empty. True: the descriptor becomes readable when there is
  // something to pop, or the queue is closed. False: it is so now, and the descriptor is readable.
  bool rearm() noexcept {
    disarm();
    if (is_ready()) return false;
    readable_.clear();
    state_.store(state::armed, detail::sync::relaxed);  // relaxed: the lock of the list of waiters orders it
    if (events().enter_unless(*this, [this]() noexcept { return is_ready(); })) return true;
    state_.store(state::idle, detail::sync::relaxed);  // relaxed: no other thread uses it any more
    readable_.set();
    return false;
  }

 private:
  enum class state : unsigned char {
    idle,   // readable, unless rearm() is running
    armed,  // registered, or a notifier is just making it readable
  };

  bool is_armed() const noexcept { return state_.load(detail::sync::acquire) == state::armed; }  // acquire told

  bool is_ready() const noexcept { return !queue_.empty() || queue_.is_closed(); }

  // Readable from now on, by this or by the notifier that has taken it from the list. If rearm() returned while
  // that one is writing, the loop would find the descriptor readable and nothing to pop, again and again.
  void disarm() noexcept {
    if (!is_armed()) return;
    if (events().leave(*this)) {
      state_.store(state::idle, detail::sync::relaxed);  // relaxed: no other thread uses it any more
      readable_.set();
    }
    while (is_armed()) detail::sync::yield();
  }

  auto& events() noexcept { return detail::machinery_of(queue_).not_empty(); }

  // It pops nothing itself, so another waiter is to be notified, too.
  bool notified() noexcept override {
    readable_.set();
    state_.store(state::idle, detail::sync::release);  // release told
    return true;
  }

  Queue& queue_;
  detail::sync::settable_descriptor readable_;
  detail::sync::atomic<state> state_{state::idle};
};

}  // namespace PLAIT_NAMESPACE
