// SPDX-License-Identifier: MIT
// A coroutine that waits at an event count.
#pragma once

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stop_token>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/waiting_store.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/wait_timers.hpp>
#include <plait/detail/wait/waiter_list.hpp>

namespace PLAIT_NAMESPACE::detail {

// What co_await is applied to. It tries, and if that fails, it registers at the event count. Whoever takes it
// from there owns it: a notifier, a stop request, a timer or the destructor. The owner tries in the coroutine's
// place. If that succeeds, or the wait is over, it has the executor resume the coroutine, and then touches
// nothing of it; otherwise it registers it again. So no item is on its way to a coroutine that has given up.
//
// A stop request, or a timer, that finds it not registered leaves it at that: whoever owns it looks for both
// when it registers it, which the lock of the list orders after the request's own look.
//
// Operation:  attempt()       tries once; a conqueue_status
//             is_ready()      whether another attempt may come to something else, by seq_cst loads; noexcept
//             leaves_more()   whether another waiter could proceed after this one has; noexcept
//             result(status)  what co_await returns
//             events()        the event count
template <class Operation, class Executor>
class async_operation final : registered_waiter, endable_wait {
 public:
  // No timers: there is no deadline.
  async_operation(Operation operation, Executor& executor, std::stop_token stop,
                  deadline until = deadline::never(), wait_timers* timers = nullptr) noexcept
      : operation_(std::move(operation)),
        executor_(executor),
        stop_(std::move(stop)),
        until_(until),
        timers_(timers) {}
  async_operation(const async_operation&) = delete;
  async_operation& operator=(const async_operation&) = delete;

  // A coroutine that is destroyed while it waits just leaves.
  ~async_operation() {
    on_stop_.reset();
    on_deadline_.reset();
    if (is_suspended_ && !operation_.events().leave(*this)) [[unlikely]] {
      if constexpr (sync::has_assertions) fail();
    }
  }

  bool await_ready() {
    status_ = operation_.attempt();
    return !may_become_more(status_) || limits().are_over();
  }

  // False: it has ended meanwhile. Once this is registered, it may be gone.
  bool await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    if (stop_.stop_possible()) on_stop_.emplace(stop_, stopper{*this});
    if (!until_.is_never()) on_deadline_.emplace(*timers_, until_, static_cast<endable_wait&>(*this));
    is_suspended_ = true;
    return !try_or_register();
  }

  auto await_resume() {
    is_suspended_ = false;
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return operation_.result(may_become_more(status_) && stop_.stop_requested() ? conqueue_status::stopped
                                                                                : status_);
  }

 private:
  struct stopper {
    async_operation& of;

    void operator()() const noexcept {
      if (of.claim()) of.end();
    }
  };

  static constexpr bool may_become_more(conqueue_status status) noexcept {
    return attempt_of(status) != attempt::done;
  }

  [[noreturn]] static void fail() noexcept {
    std::fputs(
        "plait: a coroutine is destroyed while it is being resumed: end its wait by a stop request, or by "
        "closing the queue, and let it return\n",
        stderr);
    std::abort();
  }

  wait_limits limits() const noexcept { return {until_, &stop_}; }

  // What a thread would have thrown, the coroutine throws when it is resumed.
  void try_once() noexcept {
    try {
      status_ = operation_.attempt();
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  bool has_ended() const noexcept { return error_ || !may_become_more(status_) || limits().are_over(); }

  // For the owner. True: it has ended, and is to be resumed. False: it has another owner, or will have one.
  bool try_or_register() noexcept {
    for (;;) {
      try_once();
      if (has_ended()) return true;
      const bool is_contended = attempt_of(status_) == attempt::contended;
      if (operation_.events().enter_unless(
              *this, [this]() noexcept { return operation_.is_ready() || limits().are_over(); }))
        return false;
      // The other thread's last plain store may come after its look for waiters, so nobody sleeps until then.
      if (is_contended) sync::yield();
    }
  }

  bool has_succeeded() const noexcept { return !error_ && status_ == conqueue_status::success; }

  bool notified() noexcept override {
    if (!try_or_register()) return false;
    const bool hands_on = !has_succeeded() || operation_.leaves_more();
    executor_.post(waiting_);
    return hands_on;
  }

  bool claim() noexcept override { return operation_.events().leave(*this); }

  void end() noexcept override {
    try_once();
    // Nobody has notified it, so it hands on a wake only if it leaves something; and before it is resumed,
    // since the coroutine may then destroy the queue.
    if (has_succeeded() && operation_.leaves_more()) operation_.events().notify_one();
    executor_.post(waiting_);
  }

  Operation operation_;
  Executor& executor_;
  const std::stop_token stop_;
  const deadline until_;
  wait_timers* const timers_;
  bool is_suspended_ = false;  // from await_suspend to await_resume
  // The owner's, and once it is resumed the coroutine's:
  conqueue_status status_ = conqueue_status::busy;
  std::exception_ptr error_;
  std::coroutine_handle<> waiting_;
  // Last, since they use the others.
  std::optional<std::stop_callback<stopper>> on_stop_;
  std::optional<wait_timer> on_deadline_;
};

}  // namespace PLAIT_NAMESPACE::detail
