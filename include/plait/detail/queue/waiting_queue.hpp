// SPDX-License-Identifier: MIT
// The interface that all queues share, over a store of elements that never waits.
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
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// The interface that all queues share, over a store of elements that never waits: this class adds the
// waiting, and counts what is done.
//
// Edges:  finished  done_  release in task_done -> seq_cst in unfinished_tasks   what was done for the items is
//                          seen by whoever join() lets go on. The loads are seq_cst, in one sequence with the
//                          store's claims: the one that finds the count zero in task_done() is seen by a join()
//                          about to sleep
//                          release in task_done -> acquire in task_done   the tail seen there is none older
template <class Store>
class waiting_queue {
  using T = typename Store::value_type;  // NOLINT(readability-identifier-naming): as in every queue

 public:
  using value_type = T;
  using size_type = std::size_t;

  waiting_queue(const waiting_queue&) = delete;
  waiting_queue& operator=(const waiting_queue&) = delete;

  // Waits for room; false if the queue is closed, and then the value is untouched.
  bool push(const T& value) { return emplace(value); }
  bool push(T&& value) { return emplace(std::move(value)); }
  template <class... Args>
    requires std::constructible_from<T, Args...>
  bool emplace(Args&&... args) {
    return put({}, std::forward<Args>(args)...) == conqueue_status::success;
  }

  // Waits for an item; nothing if the queue is closed and drained.
  std::optional<T> pop() { return pop_within({}); }

  // As above, and a wait also ends (false, nothing) when a stop is requested.
  template <class Value>
    requires std::constructible_from<T, Value>
  bool push(Value&& value, const std::stop_token& stop) {
    return put({deadline::never(), &stop}, std::forward<Value>(value)) == conqueue_status::success;
  }
  std::optional<T> pop(const std::stop_token& stop) { return pop_within({deadline::never(), &stop}); }

  // success, full, closed or busy; unless it is success, the value is untouched.
  conqueue_status try_push(const T& value) { return try_emplace(value); }
  conqueue_status try_push(T&& value) { return try_emplace(std::move(value)); }
  template <class... Args>
    requires std::constructible_from<T, Args...>
  conqueue_status try_emplace(Args&&... args) {
    if constexpr (constructs_in_slot<Args...>) {
      return put_once(std::forward<Args>(args)...);
    } else {
      return put_once(make_queue_item<T>(std::forward<Args>(args)...));
    }
  }

  // An item; or empty, closed (and drained) or busy.
  std::expected<T, conqueue_status> try_pop() {
    taken item;
    const conqueue_status status = get_once(item);
    return to_expected(item, status);
  }

  // As push, until the deadline: success, full or closed. A stop request ends the wait early, with full.
  template <class Value, class Rep, class Period>
    requires std::constructible_from<T, Value>
  conqueue_status try_push_for(Value&& value, const std::chrono::duration<Rep, Period>& wait,
                               const std::stop_token& stop = {}) {
    return put({deadline::after(wait), &stop}, std::forward<Value>(value));
  }
  template <class Value, class Clock, class Duration>
    requires std::constructible_from<T, Value>
  conqueue_status try_push_until(Value&& value, const std::chrono::time_point<Clock, Duration>& when,
                                 const std::stop_token& stop = {}) {
    return put({deadline::at(when), &stop}, std::forward<Value>(value));
  }

  // As pop, until the deadline: an item, empty or closed. A stop request ends the wait early, with empty.
  template <class Rep, class Period>
  std::expected<T, conqueue_status> try_pop_for(const std::chrono::duration<Rep, Period>& wait,
                                                const std::stop_token& stop = {}) {
    taken item;
    const conqueue_status status = get(item, {deadline::after(wait), &stop});
    return to_expected(item, status);
  }
  template <class Clock, class Duration>
  std::expected<T, conqueue_status> try_pop_until(const std::chrono::time_point<Clock, Duration>& when,
                                                  const std::stop_token& stop = {}) {
    taken item;
    const conqueue_status status = get(item, {deadline::at(when), &stop});
    return to_expected(item, status);
  }

  // Pushes `count` values from `first` on and returns how many went in: all of them, or fewer if the queue
  // is closed meanwhile. Values that find room together stay neighbours and cost one claim.
  template <std::input_iterator Iterator>
  size_type push_n(Iterator first, size_type count) {
    size_type pushed = put_some(first, count);
    while (pushed != count) {
      const size_type more = put_some_waiting(first, count - pushed);
      if (more == 0) break;
      pushed += more;
    }
    return pushed;
  }

  // Pops at least one and at most `max_count` items to `out` and returns how many: 0 if the queue is closed
  // and drained, or max_count is 0. An `out` that may throw (a back_inserter, say) costs one claim for
  // each item; the item it throws at is lost.
  template <std::output_iterator<T> Iterator>
  size_type pop_n(Iterator out, size_type max_count) {
    const size_type at_once = get_some(out, max_count);
    return at_once != 0 || max_count == 0 ? at_once : get_some_waiting(out, max_count);
  }

  // What of the above can be done without waiting.
  template <std::input_iterator Iterator>
  size_type try_push_n(Iterator first, size_type count) {
    return put_some(first, count);
  }
  template <std::output_iterator<T> Iterator>
  size_type try_pop_n(Iterator out, size_type max_count) {
    return get_some(out, max_count);
  }

  // From now on every push fails; pops drain what is left. Wakes everybody. Closing twice is fine.
  void close() noexcept {
    store_.close();
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  // Closes, destroys what is left and marks it done. Returns how many items that were.
  size_type close_and_discard() {
    close();
    size_type discarded = 0;
    for (taken item; get(item, {}) == conqueue_status::success; ++discarded) {
      item.reset();  // before it counts as done
      task_done();
    }
    return discarded;
  }

  bool is_closed() const noexcept { return store_.is_closed(); }

  // Items pushed and not yet popped. Exact when no other thread is at work.
  size_type size() const noexcept { return store_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  size_type capacity() const noexcept
    requires Store::is_bounded
  {
    return store_.capacity();
  }

  // Marks one popped item as dealt with. Throws std::logic_error if that is more often than items were put.
  void task_done() {
    // Whoever sees a count also sees the tail that it was compared with, so an equal tail is not an old one.
    position done = done_.load(sync::acquire);  // acquire finished
    do {
      if (done == store_.tail())
        throw std::logic_error(std::string(Store::queue_name) +
                               ": task_done() called more often than items were put");
    } while (!done_.compare_exchange_weak(done, store_.next(done),
                                          sync::release,  // release finished
                                          sync::acquire));  // acquire finished
    if (unfinished_tasks() == 0) all_done_.notify_all();
  }

  // Items put and not yet marked done.
  size_type unfinished_tasks() const noexcept {
    const position done = done_.load(sync::seq_cst);  // seq_cst finished
    return static_cast<size_type>(store_.distance(done, store_.tail()));
  }

  // Waits until every item put has been marked done. The other forms give up (false) at the deadline or
  // when a stop is requested.
  void join() { wait_until_done({}); }
  bool join(const std::stop_token& stop) { return wait_until_done({deadline::never(), &stop}); }
  template <class Rep, class Period>
  bool try_join_for(const std::chrono::duration<Rep, Period>& wait, const std::stop_token& stop = {}) {
    return wait_until_done({deadline::after(wait), &stop});
  }
  template <class Clock, class Duration>
  bool try_join_until(const std::chrono::time_point<Clock, Duration>& when, const std::stop_token& stop = {}) {
    return wait_until_done({deadline::at(when), &stop});
  }

 protected:
  template <class... Args>
  explicit waiting_queue(std::in_place_t, Args&&... args) : store_(std::forward<Args>(args)...) {}

  Store& store() noexcept { return store_; }
  const Store& store() const noexcept { return store_; }

  // For what only one queue has: waits until `try_once`, which uses the store, says done; and what to say after
  // changing the store.
  template <class TryOnce>
  void wait_for_room(TryOnce&& try_once) {
    not_full_.wait(try_once, {}, Store::batch_pace);
  }
  template <class TryOnce>
  void wait_for_item(TryOnce&& try_once) {
    not_empty_.wait(try_once, {}, Store::batch_pace);
  }
  void has_put() noexcept { not_empty_.notify_one(); }
  void has_taken() noexcept { not_full_.notify_one(); }

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
  friend struct waiting_queue_access;

  using position = typename Store::position;
  using taken = std::optional<typename Store::item_type>;

  template <class... Args>
  static constexpr bool constructs_in_slot = Store::template constructs_in_slot<Args...>;

  template <class... Args>
  static constexpr bool puts_without_throwing =
      noexcept(std::declval<Store&>().try_put(std::declval<Args>()...));
  static constexpr bool gets_without_throwing =
      noexcept(std::declval<Store&>().try_get(std::declval<taken&>()));

  template <class... Args>
  conqueue_status put_once(Args&&... args) noexcept(puts_without_throwing<Args...>) {
    const conqueue_status status = store_.try_put(std::forward<Args>(args)...);
    if (status == conqueue_status::success) not_empty_.notify_one();
    return status;
  }

  conqueue_status get_once(taken& item) noexcept(gets_without_throwing) {
    const conqueue_status status = store_.try_get(item);
    if constexpr (Store::is_bounded) {
      if (status == conqueue_status::success) not_full_.notify_one();
    }
    return status;
  }

  template <class... Args>
  conqueue_status put(wait_limits limits, Args&&... args) {
    if constexpr (constructs_in_slot<Args...>) {
      const conqueue_status status = put_once(std::forward<Args>(args)...);
      if constexpr (Store::is_bounded) {
        if (is_worth_waiting(status)) [[unlikely]]
          return put_waiting<by_value_if_cheap<Args>...>(limits, std::forward<Args>(args)...);
      }
      return status;
    } else {
      return put(limits, make_queue_item<T>(std::forward<Args>(args)...));
    }
  }

  conqueue_status get(taken& item, wait_limits limits) {
    const conqueue_status status = get_once(item);
    if (!is_worth_waiting(status)) [[likely]]
      return status;
    // Not into `item` itself: an address that escapes would keep it out of registers above.
    conqueue_status waited;
    if (taken late = get_waiting(limits, waited)) item.emplace(std::move(*late));
    return waited;
  }

  template <class... Params>
  [[gnu::noinline]] conqueue_status put_waiting(wait_limits limits, Params... params) {
    conqueue_status status;
    wait_for(not_full_, limits, [&]() noexcept(puts_without_throwing<Params...>) {
      return outcome(status = put_once(std::forward<Params>(params)...));
    });
    if (status == conqueue_status::success && store_.has_room()) not_full_.notify_one();
    return status == conqueue_status::busy ? conqueue_status::full : status;
  }

  [[gnu::noinline]] taken get_waiting(wait_limits limits, conqueue_status& status) {
    taken item;
    wait_for(not_empty_, limits,
             [&]() noexcept(gets_without_throwing) { return outcome(status = get_once(item)); });
    if (status == conqueue_status::success && !empty()) not_empty_.notify_one();
    if (status == conqueue_status::busy) status = conqueue_status::empty;
    return item;
  }

  // An attempt that throws may have been woken for what another waiter could do.
  template <class TryOnce>
  static void wait_for(typename Store::event_count& events, wait_limits limits, TryOnce try_once,
                       pace look_at = pace_of_items) {
    if constexpr (noexcept(try_once())) {
      events.wait(try_once, limits, look_at);
    } else {
      try {
        events.wait(try_once, limits, look_at);
      } catch (...) {
        events.notify_one();
        throw;
      }
    }
  }

  // How the slow path takes an argument: a small T by value, so that it can stay in a register until then.
  // Nothing but a T: an element made of another object may go on referring to that very object.
  template <class Arg>
  using by_value_if_cheap =
      std::conditional_t<std::same_as<std::remove_cvref_t<Arg>, T> && std::is_trivially_copyable_v<T> &&
                             sizeof(T) <= sizeof(void*),
                         T, Arg&&>;

  static constexpr bool is_worth_waiting(conqueue_status status) noexcept {
    return status != conqueue_status::success && status != conqueue_status::closed;
  }

  static constexpr attempt outcome(conqueue_status status) noexcept {
    switch (status) {
      case conqueue_status::full:
      case conqueue_status::empty:
        return attempt::blocked;
      case conqueue_status::busy:
        return attempt::contended;
      default:
        return attempt::done;
    }
  }

  // Whether a whole batch can go in, or come out, as one operation of the store.
  template <class Iterator>
  static constexpr bool puts_together =
      constructs_in_slot<std::iter_reference_t<Iterator>> && noexcept(*std::declval<Iterator&>()) &&
      noexcept(++std::declval<Iterator&>()) &&
      requires(Store store, Iterator first, size_type count) { store.try_put_n(first, count); };
  template <class Iterator>
  static constexpr bool gets_together =
      noexcept(*std::declval<Iterator&>() = std::declval<T>()) && noexcept(++std::declval<Iterator&>()) &&
      requires(Store store, Iterator out, size_type count) { store.try_get_n(out, count); };

  template <class Iterator>
  size_type put_some(Iterator& first, size_type count) {
    if constexpr (puts_together<Iterator>) {
      const size_type pushed = store_.try_put_n(first, count);
      if (pushed != 0) not_empty_.notify_one();
      return pushed;
    } else {
      size_type pushed = 0;
      for (; pushed != count && try_push(*first) == conqueue_status::success; ++pushed) ++first;
      return pushed;
    }
  }

  template <class Iterator>
  size_type get_some(Iterator& out, size_type max_count) {
    if constexpr (gets_together<Iterator>) {
      const size_type popped = store_.try_get_n(out, max_count);
      if constexpr (Store::is_bounded) {
        if (popped != 0) not_full_.notify_one();
      }
      return popped;
    } else {
      size_type popped = 0;
      for (; popped != max_count; ++popped, ++out) {
        std::expected<T, conqueue_status> item = try_pop();
        if (!item) break;
        *out = std::move(*item);
      }
      return popped;
    }
  }

  // At least one, unless the queue is closed. Only single operations tell why nothing could be done.
  template <class Iterator>
  size_type put_some_waiting(Iterator& first, size_type count) {
    if constexpr (!Store::is_bounded) {
      return put_some(first, count);
    } else if constexpr (puts_together<Iterator>) {
      size_type pushed = 0;
      wait_for(
          not_full_, {},
          [&]() noexcept(noexcept(store_.try_put_n(first, count))) {
            pushed = put_some(first, count);
            if (pushed != 0) return attempt::done;
            const conqueue_status status = put_once(*first);
            if (status == conqueue_status::success) ++first, pushed = 1;
            return outcome(status);
          },
          Store::batch_pace);
      if (pushed != 0 && store_.has_room()) not_full_.notify_one();
      return pushed;
    } else {
      if (!push(*first)) return 0;
      ++first;
      return 1 + put_some(first, count - 1);
    }
  }

  template <class Iterator>
  size_type get_some_waiting(Iterator& out, size_type max_count) {
    if constexpr (gets_together<Iterator>) {
      size_type popped = 0;
      wait_for(
          not_empty_, {},
          [&]() noexcept(noexcept(store_.try_get_n(out, max_count))) {
            popped = get_some(out, max_count);
            if (popped != 0) return attempt::done;
            taken item;
            const conqueue_status status = get_once(item);
            if (status == conqueue_status::success) {
              *out = std::move(queue_value(*item));
              ++out, popped = 1;
            }
            return outcome(status);
          },
          Store::batch_pace);
      if (popped != 0 && !empty()) not_empty_.notify_one();
      return popped;
    } else {
      std::optional<T> first = pop();
      if (!first) return 0;
      *out = std::move(*first);
      ++out;
      return 1 + get_some(out, max_count - 1);
    }
  }

  bool wait_until_done(wait_limits limits) {
    const auto all_done = [this]() noexcept {
      return unfinished_tasks() == 0 ? attempt::done : attempt::blocked;
    };
    return all_done() == attempt::done || all_done_.wait(all_done, limits);
  }

  std::optional<T> pop_within(wait_limits limits) {
    taken item;
    get(item, limits);
    if constexpr (std::same_as<taken, std::optional<T>>) {
      return item;
    } else {
      return item ? std::optional<T>(std::move(item->value())) : std::nullopt;
    }
  }

  static std::expected<T, conqueue_status> to_expected(taken& item, conqueue_status status) {
    if (!item) return std::unexpected(status);
    return std::expected<T, conqueue_status>(std::move(queue_value(*item)));
  }

  Store store_;

  // Tasks marked done, as a position of the store: never beyond its tail.
  alignas(contention_free_distance) sync::atomic<position> done_{store_.tail()};
  detail::event_count all_done_;

  // Written only by threads that sleep or wake others.
  alignas(contention_free_distance) typename Store::event_count not_empty_;
  typename Store::event_count not_full_;
};

// For functions that wait at several queues.
struct waiting_queue_access {
  template <class Store>
  static auto get_once(waiting_queue<Store>& queue, typename waiting_queue<Store>::taken& item) noexcept {
    return queue.get_once(item);
  }
  template <class Store>
  static auto& not_empty(waiting_queue<Store>& queue) noexcept {
    return queue.not_empty_;
  }
  template <class Store>
  static typename waiting_queue<Store>::taken none(const waiting_queue<Store>&) noexcept {
    return std::nullopt;
  }
};

}  // namespace PLAIT_NAMESPACE::detail
