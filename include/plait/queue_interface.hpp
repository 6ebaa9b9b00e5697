// SPDX-License-Identifier: MIT
// queue_interface<Store>: the operations of every queue of plait. Each queue derives from it; users name the
// queue.
//
// Use the queue whose order and bound you need: bounded_queue, unbounded_queue, spsc_queue, lifo_queue,
// priority_queue, relaxed_priority_queue. Where a queue differs from this page, its header says so. Generic
// code takes a concurrent_queue.
//
//   operation            progress                       result if it fails
//   push, emplace        waits while full               false: the queue is closed; the value is untouched (1)
//   pop                  waits while empty              nothing: the queue is closed and drained
//   try_push, try_pop    does not wait                  full, empty, closed, or busy: try again (2)
//   ..._for, ..._until   waits until the deadline       as try_push, try_pop; stopped, if a stop was requested
//   ... with a token     a stop request ends the wait   as without the token; stopped, where there is a status
//   push_n, pop_n        as push and pop                how many: fewer than asked for
//   wait_to_push, _pop   as push and pop, and does      false: the queue is closed; for a pop: and drained
//                        nothing
//   close                does not wait                  (it cannot fail)
//   task_done            does not wait                  throws std::logic_error: more often than items were put
//   join                 waits until every item put has been marked done
//   (1) A constructor of T that may throw runs before the queue is checked for room, so the rvalue arguments
//       of emplace are consumed even if the result is full or closed; a T itself never is.
//   (2) busy: another thread has begun, and not finished, an operation on the place that this call needs.
//   A call reports full, empty or closed only if the queue was so at some moment during the call.
//
// Exceptions: a constructor of T that throws leaves the queue as it was. A T whose move may throw is kept on
// the heap (one allocation for each push); a refused push moves it back; if moving it out of pop() throws, that
// item is lost, as in P0260.
//
// An operation that need not wait is done even if its deadline has passed or a stop was requested: pop(stop)
// still drains a queue. Deadlines are on the monotonic clock: see try_pop_until.
//
// Workers that push into the bounded queue that they pop from deadlock once all of them find it full: give them
// an unbounded_queue, or let them try_push and, if the queue is full, do the work at once.
//
// Every call must have returned before the queue is destroyed, task_done() and join() included: when join()
// returns, the last task_done() may still be running. A child of fork() may only destroy the queue, unless it
// can call reset_after_fork().
// pthread_cancel does not end a wait; close() and stop tokens do.
//
// T: queue_element, that is, nothrow destructible and either nothrow movable or copyable, or movable and
// assignable.
// The interface is that of P0260R22 and, beyond it, of Python's queue.Queue. Unlike P0260, try_ calls report
// full and empty only if that is true; unlike Python, a push after close() returns false instead of raising.
// Design note: docs/decisions/0006-one-interface-over-stores.md.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <expected>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

#include <plait/concurrent_queue.hpp>
#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/queue/waiting_store.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>
#include <plait/until_signal.hpp>

namespace PLAIT_NAMESPACE {

template <class Store>
class queue_interface;

namespace detail {

// The machinery behind a queue: for pop_any, and for operations that only one queue has.
template <class Store>
waiting_store<Store>& machinery_of(queue_interface<Store>& queue) noexcept;

}  // namespace detail

template <class Store>
class queue_interface {
  using T = typename Store::value_type;  // NOLINT(readability-identifier-naming): as in every queue

 public:
  using value_type = T;
  using size_type = std::size_t;

  queue_interface(const queue_interface&) = delete;
  queue_interface& operator=(const queue_interface&) = delete;

  // Waits for room. If the queue is closed, returns false and leaves the value untouched.
  bool push(const T& value)
    requires std::copy_constructible<T>
  {
    return succeeds(items_.put({}, value));
  }
  bool push(T&& value) { return succeeds(items_.put({}, std::move(value))); }
  template <class... Args>
    requires std::constructible_from<T, Args...>
  bool emplace(Args&&... args) {
    return succeeds(items_.put({}, std::forward<Args>(args)...));
  }

  // Waits for an item; nothing if the queue is closed and drained.
  [[nodiscard]] std::optional<T> pop() { return take({}); }

  // As above; a stop request ends the wait as closing does.
  bool push(const T& value, const std::stop_token& stop)
    requires std::copy_constructible<T>
  {
    return succeeds(items_.put(limits(stop), value));
  }
  bool push(T&& value, const std::stop_token& stop) {
    return succeeds(items_.put(limits(stop), std::move(value)));
  }
  [[nodiscard]] std::optional<T> pop(const std::stop_token& stop) { return take(limits(stop)); }

  // Waits until a push, or a pop, would not have to wait, and does neither: another thread may be faster then.
  // The first forms return false if the queue is closed (for a pop: and drained) or a stop was requested; the
  // others say success, full or empty at the deadline, closed or stopped. A signal ends no wait.
  [[nodiscard]] bool wait_to_push(const std::stop_token& stop = {}) {
    return succeeds(items_.wait_to_put(limits(stop)));
  }
  [[nodiscard]] bool wait_to_pop(const std::stop_token& stop = {}) {
    return succeeds(items_.wait_to_get(limits(stop)));
  }
  template <class Rep, class Period>
  [[nodiscard]] conqueue_status wait_to_push_for(const std::chrono::duration<Rep, Period>& wait,
                                                 const std::stop_token& stop = {}) {
    return items_.wait_to_put(limits(wait, stop));
  }
  template <class Rep, class Period>
  [[nodiscard]] conqueue_status wait_to_pop_for(const std::chrono::duration<Rep, Period>& wait,
                                                const std::stop_token& stop = {}) {
    return items_.wait_to_get(limits(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] conqueue_status wait_to_push_until(const std::chrono::time_point<Clock, Duration>& when,
                                                   const std::stop_token& stop = {}) {
    return items_.wait_to_put(limits(when, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] conqueue_status wait_to_pop_until(const std::chrono::time_point<Clock, Duration>& when,
                                                  const std::stop_token& stop = {}) {
    return items_.wait_to_get(limits(when, stop));
  }

  // As the forms with a deadline, and a signal handler that has run in this thread meanwhile, and was installed
  // without SA_RESTART, ends the wait, too: interrupted. Then, or later, wait again: threads that wait have no
  // places, so that none is lost, and a wake that came together with the signal is passed on. A handler that
  // runs just before the thread falls asleep ends nothing: who has to notice that gives a deadline as well.
  [[nodiscard]] conqueue_status wait_to_push(until_signal, const std::stop_token& stop = {}) {
    return items_.wait_to_put(ended_by_signal(limits(stop)));
  }
  [[nodiscard]] conqueue_status wait_to_pop(until_signal, const std::stop_token& stop = {}) {
    return items_.wait_to_get(ended_by_signal(limits(stop)));
  }
  template <class Rep, class Period>
  [[nodiscard]] conqueue_status wait_to_push_for(const std::chrono::duration<Rep, Period>& wait, until_signal,
                                                 const std::stop_token& stop = {}) {
    return items_.wait_to_put(ended_by_signal(limits(wait, stop)));
  }
  template <class Rep, class Period>
  [[nodiscard]] conqueue_status wait_to_pop_for(const std::chrono::duration<Rep, Period>& wait, until_signal,
                                                const std::stop_token& stop = {}) {
    return items_.wait_to_get(ended_by_signal(limits(wait, stop)));
  }
  template <class Clock, class Duration>
  [[nodiscard]] conqueue_status wait_to_push_until(const std::chrono::time_point<Clock, Duration>& when,
                                                   until_signal, const std::stop_token& stop = {}) {
    return items_.wait_to_put(ended_by_signal(limits(when, stop)));
  }
  template <class Clock, class Duration>
  [[nodiscard]] conqueue_status wait_to_pop_until(const std::chrono::time_point<Clock, Duration>& when,
                                                  until_signal, const std::stop_token& stop = {}) {
    return items_.wait_to_get(ended_by_signal(limits(when, stop)));
  }

  // success, full, closed or busy; unless it is success, the value is untouched.
  [[nodiscard]] conqueue_status try_push(const T& value)
    requires std::copy_constructible<T>
  {
    return items_.try_put(value);
  }
  [[nodiscard]] conqueue_status try_push(T&& value) { return items_.try_put(std::move(value)); }
  template <class... Args>
    requires std::constructible_from<T, Args...>
  [[nodiscard]] conqueue_status try_emplace(Args&&... args) {
    return items_.try_put(std::forward<Args>(args)...);
  }

  // An item; or empty, closed (and drained) or busy.
  [[nodiscard]] std::expected<T, conqueue_status> try_pop() {
    return item_or_status([this](auto& item) { return items_.try_get(item); });
  }

  // As push, until the deadline: success, closed or, as try_push would say at the deadline, full or busy;
  // stopped, if a stop request has ended the wait.
  template <class Rep, class Period>
    requires std::copy_constructible<T>
  [[nodiscard]] conqueue_status try_push_for(const T& value, const std::chrono::duration<Rep, Period>& wait,
                                             const std::stop_token& stop = {}) {
    return items_.put(limits(wait, stop), value);
  }
  template <class Rep, class Period>
  [[nodiscard]] conqueue_status try_push_for(T&& value, const std::chrono::duration<Rep, Period>& wait,
                                             const std::stop_token& stop = {}) {
    return items_.put(limits(wait, stop), std::move(value));
  }
  template <class Clock, class Duration>
    requires std::copy_constructible<T>
  [[nodiscard]] conqueue_status try_push_until(const T& value,
                                               const std::chrono::time_point<Clock, Duration>& when,
                                               const std::stop_token& stop = {}) {
    return items_.put(limits(when, stop), value);
  }
  template <class Clock, class Duration>
  [[nodiscard]] conqueue_status try_push_until(T&& value, const std::chrono::time_point<Clock, Duration>& when,
                                               const std::stop_token& stop = {}) {
    return items_.put(limits(when, stop), std::move(value));
  }

  // As pop, until the deadline: an item; closed or, as try_pop would say at the deadline, empty or busy;
  // stopped, if a stop request has ended the wait. A time point of another clock than the monotonic one is
  // translated once: setting that clock later does not move the deadline. A duration that is negative or not a
  // number has passed already.
  template <class Rep, class Period>
  [[nodiscard]] std::expected<T, conqueue_status> try_pop_for(const std::chrono::duration<Rep, Period>& wait,
                                                              const std::stop_token& stop = {}) {
    return take_or_status(limits(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::expected<T, conqueue_status> try_pop_until(
      const std::chrono::time_point<Clock, Duration>& when, const std::stop_token& stop = {}) {
    return take_or_status(limits(when, stop));
  }

  // Pushes `count` values from `first` on and returns how many went in: all of them, or fewer if the queue is
  // closed or, in the other forms, at the deadline or a stop request. Values that find room together stay
  // neighbours and cost one claim. Each is read once, when there is room for it; if reading or constructing one
  // throws, those before it are in the queue.
  template <std::input_iterator Iterator>
    requires std::constructible_from<T, std::iter_reference_t<Iterator>>
  size_type push_n(Iterator first, size_type count) {
    return items_.put_n(first, count, {});
  }

  // Pops at least one and at most `max_count` items to `out` and returns how many: 0 if the queue is closed and
  // drained or, in the other forms, at the deadline or a stop request, or if max_count is 0. An `out` that may
  // throw (a back_inserter, say) costs one claim for each item; if it throws, the item being written is lost.
  template <std::output_iterator<T> Iterator>
  [[nodiscard]] size_type pop_n(Iterator out, size_type max_count) {
    return items_.get_n(out, max_count, {});
  }

  // As above; a stop request ends the wait.
  template <std::input_iterator Iterator>
    requires std::constructible_from<T, std::iter_reference_t<Iterator>>
  size_type push_n(Iterator first, size_type count, const std::stop_token& stop) {
    return items_.put_n(first, count, limits(stop));
  }
  template <std::output_iterator<T> Iterator>
  [[nodiscard]] size_type pop_n(Iterator out, size_type max_count, const std::stop_token& stop) {
    return items_.get_n(out, max_count, limits(stop));
  }

  // As above, until the deadline or a stop request.
  template <std::input_iterator Iterator, class Rep, class Period>
    requires std::constructible_from<T, std::iter_reference_t<Iterator>>
  [[nodiscard]] size_type try_push_n_for(Iterator first, size_type count,
                                         const std::chrono::duration<Rep, Period>& wait,
                                         const std::stop_token& stop = {}) {
    return items_.put_n(first, count, limits(wait, stop));
  }
  template <std::output_iterator<T> Iterator, class Rep, class Period>
  [[nodiscard]] size_type try_pop_n_for(Iterator out, size_type max_count,
                                        const std::chrono::duration<Rep, Period>& wait,
                                        const std::stop_token& stop = {}) {
    return items_.get_n(out, max_count, limits(wait, stop));
  }

  // The same with a point in time.
  template <std::input_iterator Iterator, class Clock, class Duration>
    requires std::constructible_from<T, std::iter_reference_t<Iterator>>
  [[nodiscard]] size_type try_push_n_until(Iterator first, size_type count,
                                           const std::chrono::time_point<Clock, Duration>& when,
                                           const std::stop_token& stop = {}) {
    return items_.put_n(first, count, limits(when, stop));
  }
  template <std::output_iterator<T> Iterator, class Clock, class Duration>
  [[nodiscard]] size_type try_pop_n_until(Iterator out, size_type max_count,
                                          const std::chrono::time_point<Clock, Duration>& when,
                                          const std::stop_token& stop = {}) {
    return items_.get_n(out, max_count, limits(when, stop));
  }

  // As much of push_n and pop_n as can be done without waiting. An iterator that generates its elements, or
  // whose elements are moved from when converted to T, is read when there is room; if another push takes that
  // room meanwhile, this call waits after all, because the element cannot be given back.
  template <std::input_iterator Iterator>
    requires std::constructible_from<T, std::iter_reference_t<Iterator>>
  [[nodiscard]] size_type try_push_n(Iterator first, size_type count) {
    return items_.try_put_n(first, count);
  }
  template <std::output_iterator<T> Iterator>
  [[nodiscard]] size_type try_pop_n(Iterator out, size_type max_count) {
    return items_.try_get_n(out, max_count);
  }

  // From now on every push fails; pops drain what is left. Wakes all waiters. Closing again has no effect.
  void close() noexcept { items_.close(); }

  // Closes, destroys the items left and marks them done. Returns how many there were.
  size_type close_and_discard() { return items_.close_and_discard(); }

  // Whether close() or close_and_discard() was called.
  [[nodiscard]] bool is_closed() const noexcept { return items_.store().is_closed(); }

  // Items pushed and not yet popped. Exact when no other thread uses the queue.
  [[nodiscard]] size_type size() const noexcept { return items_.store().size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] size_type capacity() const noexcept
    requires Store::is_bounded
  {
    return items_.store().capacity();
  }

  // Marks one popped item as done. Throws std::logic_error if more would be marked than were put.
  void task_done() { items_.task_done(); }

  // Items put and not yet marked done.
  [[nodiscard]] size_type unfinished_tasks() const noexcept { return items_.unfinished_tasks(); }

  // Waits until every item put has been marked done. The other forms return false at the deadline or when a
  // stop is requested.
  void join() { items_.wait_until_done({}); }
  [[nodiscard]] bool join(const std::stop_token& stop) { return items_.wait_until_done(limits(stop)); }
  template <class Rep, class Period>
  [[nodiscard]] bool try_join_for(const std::chrono::duration<Rep, Period>& wait,
                                  const std::stop_token& stop = {}) {
    return items_.wait_until_done(limits(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_join_until(const std::chrono::time_point<Clock, Duration>& when,
                                    const std::stop_token& stop = {}) {
    return items_.wait_until_done(limits(when, stop));
  }

  // To be called first in the child of a fork() that goes on with this queue: the parent's other threads, which
  // waited at it, are not there. At the fork, no other thread was in the middle of a call, unless asleep in it:
  // one that waits in wait_to_push, wait_to_pop or join is not in the middle of anything at any moment. Waiters
  // that are no threads, a readiness_fd or a coroutine, still wait; destroy them, or resume them.
  void reset_after_fork() noexcept { items_.reset_after_fork(); }

  // The allocator of the queue's own memory; elements are constructed without it.
  [[nodiscard]] auto get_allocator() const noexcept
    requires requires(const Store& store) { store.get_allocator(); }
  {
    return items_.store().get_allocator();
  }

 protected:
  template <class... Args>
  explicit queue_interface(std::in_place_t, Args&&... args)
      : items_(std::in_place, std::forward<Args>(args)...) {}
  ~queue_interface() = default;

  // Throws std::invalid_argument if capacity is 0, std::length_error if it is more than the store can have.
  static size_type checked(size_type capacity) {
    if (capacity == 0)
      throw std::invalid_argument(std::string(Store::queue_name) + ": capacity is 0; it must be at least 1");
    if (capacity > Store::max_capacity)
      throw std::length_error(std::string(Store::queue_name) + ": capacity is " + std::to_string(capacity) +
                              "; at most " + std::to_string(Store::max_capacity) + " is possible");
    return capacity;
  }

 private:
  using item_type = typename Store::item_type;

  friend detail::waiting_store<Store>& detail::machinery_of<Store>(queue_interface& queue) noexcept;

  static detail::wait_limits limits(const std::stop_token& stop) noexcept {
    return {detail::deadline::never(), &stop};
  }
  template <class Rep, class Period>
  static detail::wait_limits limits(const std::chrono::duration<Rep, Period>& wait,
                                    const std::stop_token& stop) noexcept {
    return {detail::deadline::after(wait), &stop};
  }
  template <class Clock, class Duration>
  static detail::wait_limits limits(const std::chrono::time_point<Clock, Duration>& when,
                                    const std::stop_token& stop) noexcept {
    return {detail::deadline::at(when), &stop};
  }

  static detail::limits_until_signal ended_by_signal(const detail::wait_limits& limits) noexcept {
    return {limits};
  }

  static constexpr bool succeeds(conqueue_status status) noexcept { return status == conqueue_status::success; }

  // The item is moved once, from the store into what is returned. There is no other return statement, not even
  // a discarded one, because Clang would then construct the result somewhere else first.
  std::optional<T> take(detail::wait_limits within) {
    auto item = detail::empty_place<std::optional<item_type>>(std::nullopt);
    items_.get(item, within);
    return item;
  }
  std::optional<T> take(detail::wait_limits within)
    requires detail::is_boxed<T>
  {
    std::optional<item_type> item;
    items_.get(item, within);
    return item ? std::optional<T>(std::move(item->value())) : std::nullopt;
  }

  std::expected<T, conqueue_status> take_or_status(detail::wait_limits within) {
    return item_or_status([&](auto& item) { return items_.get(item, within); });
  }

  // get(item) leaves an item in its place or says why there is none. Moved once, as in take().
  template <class Get>
  static std::expected<T, conqueue_status> item_or_status(Get get) {
    auto item = detail::empty_place<std::expected<T, conqueue_status>>(std::unexpect, conqueue_status::empty);
    if (const conqueue_status status = get(item); status != conqueue_status::success) item.error() = status;
    return item;
  }
  template <class Get>
    requires detail::is_boxed<T>
  static std::expected<T, conqueue_status> item_or_status(Get get) {
    std::optional<item_type> item;
    const conqueue_status status = get(item);
    if (!item) return std::unexpected(status);
    return std::expected<T, conqueue_status>(std::move(item->value()));
  }

  detail::waiting_store<Store> items_;
};

template <class Store>
detail::waiting_store<Store>& detail::machinery_of(queue_interface<Store>& queue) noexcept {
  return queue.items_;
}

}  // namespace PLAIT_NAMESPACE
