// SPDX-License-Identifier: MIT
// async_queue: a queue for coroutines, which wait without holding up a thread.
//
// Use it where a coroutine pops from a queue, or pushes into one, that threads use as well: any of plait's. Use
// readiness_fd for an event loop without coroutines.
//
//   co_await             resumes                             result
//   async_push           when the value is in                false: the queue is closed, or a stop was
//                                                            requested; the value is untouched
//   async_pop            with an item                        nothing: closed and drained, or a stop
//   async_push_for, _until  as above, or at the deadline     success, closed, stopped; full or busy
//   async_pop_for, _until   as above, or at the deadline     an item; or closed, stopped, empty or busy
//
//   operation       progress                                 complexity            memory
//   co_await        does not suspend if it need not wait     O(1)                  in the coroutine's frame
//   with a deadline as above                                 O(timers after it)    as above
//   expire, run     does not wait; run: until a stop         O(1) a wait           none
//   A stop request or a deadline loses no item: whoever notifies takes the item in the coroutine's place, or
//   not at all. So an item is popped only if the coroutine returns from co_await with it.
//   The coroutine that has waited longest is notified first; coroutines and threads take turns.
//   A push costs no more than without coroutines while none waits.
//
// Executor: post(handle) has handle.resume() called, soon, in a thread of its choice. It is called by whoever
// ends the wait: in push(), pop(), close(), request_stop() or expire(). It must not throw: that terminates the
// program. inline_executor resumes at once, inside that call: two coroutines that answer each other then nest
// deeper with every item. So it is for coroutines that soon suspend elsewhere.
//
// Exceptions: what the queue's pop or push throws.
//
//   task sum_up(plait::async_queue<plait::bounded_queue<int>, event_loop> numbers, int& sum) {
//     while (std::optional<int> number = co_await numbers.async_pop()) sum += *number;
//   }
//
// The value of a push is not moved from until there is room for it: it stays where it is until co_await
// returns, as a temporary in the same expression does. So co_await is applied where the function is called.
// The queue, the executor and the timers outlive every wait; an async_queue need not. A build with assertions
// (without NDEBUG) stops the program, with a message, if a queue is destroyed while a coroutine waits.
// A coroutine that waits may be destroyed: it leaves. It must not be destroyed while it is being resumed, which
// its owner knows only if nothing else uses the queue: request a stop, and let it return. A build with
// assertions stops the program then, too.
// The names are those of P0260R22, whose async_pop is a sender; its closed is no error here.
// Algorithm: a waiter that is no thread, at the queue's event count. Design note:
// docs/structures/async_queue.md.
#pragma once

#include <chrono>
#include <concepts>
#include <coroutine>
#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <plait/concurrent_queue.hpp>
#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/async_operation.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/wait_timers.hpp>
#include <plait/queue_interface.hpp>

namespace PLAIT_NAMESPACE {

// Resumes coroutines that have waited.
template <class Executor>
concept coroutine_executor =
    requires(Executor& executor, std::coroutine_handle<> waiting) { executor.post(waiting); };

// Resumes them at once, in the thread that ends the wait.
struct inline_executor {
  // Resumes it.
  void post(std::coroutine_handle<> waiting) const { waiting.resume(); }
};

// Ends the waits of coroutines at their deadlines. A thread calls run(), or an event loop calls expire().
class async_timers : detail::wait_timers {
 public:
  using detail::wait_timers::time_point;  // of std::chrono::steady_clock

  // Ends the waits whose deadline has passed, and returns the next deadline; nothing if there is none.
  using detail::wait_timers::expire;
  // Does that whenever a deadline passes, until a stop is requested.
  using detail::wait_timers::run;

 private:
  template <concurrent_queue Queue, coroutine_executor Executor>
  friend class async_queue;
};

namespace detail {

template <class Queue>
using machinery_type = std::remove_reference_t<decltype(machinery_of(std::declval<Queue&>()))>;

// What an async_pop does; SaysWhy: whether it returns a status if it has no item.
template <class Queue, bool SaysWhy>
class async_get {
 public:
  using value_type = typename Queue::value_type;

  explicit async_get(Queue& queue) noexcept : queue_(machinery_of(queue)) {}

  conqueue_status attempt() { return queue_.try_get(item_); }
  bool is_ready() const noexcept { return queue_.look_for_item() != conqueue_status::empty; }
  bool leaves_more() const noexcept { return queue_.store().size() != 0; }
  auto& events() noexcept { return queue_.not_empty(); }

  auto result(conqueue_status status) {
    using with_reason = std::expected<value_type, conqueue_status>;
    using without = std::optional<value_type>;
    using answer = std::conditional_t<SaysWhy, with_reason, without>;
    if (item_) return answer(std::move(queue_value(*item_)));
    if constexpr (SaysWhy) {
      return answer(std::unexpect, status);
    } else {
      return answer();
    }
  }

 private:
  machinery_type<Queue>& queue_;
  std::optional<typename machinery_type<Queue>::item_type> item_;
};

// What an async_push does with a value, which stays in its place until there is room for it.
template <class Queue, class Value, bool SaysWhy>
class async_put {
 public:
  async_put(Queue& queue, Value&& value) noexcept
      : queue_(machinery_of(queue)), value_(std::forward<Value>(value)) {}

  conqueue_status attempt() { return queue_.try_put(std::forward<Value>(value_)); }
  bool is_ready() const noexcept { return queue_.look_for_room() != conqueue_status::full; }
  bool leaves_more() const noexcept { return queue_.store().has_room(); }
  auto& events() noexcept { return queue_.not_full(); }

  auto result(conqueue_status status) const noexcept {
    if constexpr (SaysWhy) {
      return status;
    } else {
      return status == conqueue_status::success;
    }
  }

 private:
  machinery_type<Queue>& queue_;
  Value&& value_;
};

}  // namespace detail

// A queue, and the executor that resumes the coroutines which wait at it. As cheap to copy as two pointers.
template <concurrent_queue Queue, coroutine_executor Executor = inline_executor>
class async_queue {
  using T = typename Queue::value_type;  // NOLINT(readability-identifier-naming): as in every queue

 public:
  using value_type = T;

  // Both have to outlive it.
  async_queue(Queue& queue, Executor& executor) noexcept
      : queue_(std::addressof(queue)), executor_(std::addressof(executor)) {}
  explicit async_queue(Queue& queue) noexcept
    requires std::same_as<Executor, inline_executor>
      : async_queue(queue, resumes_at_once_) {}

  // Waits for room. If the queue is closed, or a stop is requested, co_await returns false.
  [[nodiscard]] auto async_push(const T& value, std::stop_token stop = {}) const noexcept
    requires std::copy_constructible<T>
  {
    return operation(put<const T&, false>(value), std::move(stop));
  }
  [[nodiscard]] auto async_push(T&& value, std::stop_token stop = {}) const noexcept {
    return operation(put<T, false>(std::move(value)), std::move(stop));
  }

  // Waits for an item; nothing if the queue is closed and drained, or a stop is requested.
  [[nodiscard]] auto async_pop(std::stop_token stop = {}) const noexcept {
    return operation(get<false>(), std::move(stop));
  }

  // As async_push, until the deadline: success, closed or stopped or, as try_push would say then, full or busy.
  template <class Rep, class Period>
    requires std::copy_constructible<T>
  [[nodiscard]] auto async_push_for(const T& value, const std::chrono::duration<Rep, Period>& wait,
                                    async_timers& timers, std::stop_token stop = {}) const noexcept {
    return operation(put<const T&, true>(value), std::move(stop), detail::deadline::after(wait), &timers);
  }
  template <class Rep, class Period>
  [[nodiscard]] auto async_push_for(T&& value, const std::chrono::duration<Rep, Period>& wait,
                                    async_timers& timers, std::stop_token stop = {}) const noexcept {
    return operation(put<T, true>(std::move(value)), std::move(stop), detail::deadline::after(wait), &timers);
  }
  template <class Clock, class Duration>
    requires std::copy_constructible<T>
  [[nodiscard]] auto async_push_until(const T& value, const std::chrono::time_point<Clock, Duration>& when,
                                      async_timers& timers, std::stop_token stop = {}) const noexcept {
    return operation(put<const T&, true>(value), std::move(stop), detail::deadline::at(when), &timers);
  }
  template <class Clock, class Duration>
  [[nodiscard]] auto async_push_until(T&& value, const std::chrono::time_point<Clock, Duration>& when,
                                      async_timers& timers, std::stop_token stop = {}) const noexcept {
    return operation(put<T, true>(std::move(value)), std::move(stop), detail::deadline::at(when), &timers);
  }

  // As async_pop, until the deadline: an item, closed or stopped or, as try_pop would say then, empty or busy.
  template <class Rep, class Period>
  [[nodiscard]] auto async_pop_for(const std::chrono::duration<Rep, Period>& wait, async_timers& timers,
                                   std::stop_token stop = {}) const noexcept {
    return operation(get<true>(), std::move(stop), detail::deadline::after(wait), &timers);
  }
  template <class Clock, class Duration>
  [[nodiscard]] auto async_pop_until(const std::chrono::time_point<Clock, Duration>& when, async_timers& timers,
                                     std::stop_token stop = {}) const noexcept {
    return operation(get<true>(), std::move(stop), detail::deadline::at(when), &timers);
  }

 private:
  static inline inline_executor resumes_at_once_;

  template <bool SaysWhy>
  auto get() const noexcept {
    return detail::async_get<Queue, SaysWhy>(*queue_);
  }
  template <class Value, bool SaysWhy>
  auto put(Value&& value) const noexcept {
    return detail::async_put<Queue, Value, SaysWhy>(*queue_, std::forward<Value>(value));
  }

  template <class Operation>
  auto operation(Operation what, std::stop_token stop, detail::deadline until = detail::deadline::never(),
                 detail::wait_timers* timers = nullptr) const noexcept {
    return detail::async_operation<Operation, Executor>(std::move(what), *executor_, std::move(stop), until,
                                                        timers);
  }

  Queue* queue_;
  Executor* executor_;
};

}  // namespace PLAIT_NAMESPACE
