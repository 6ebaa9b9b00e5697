// SPDX-License-Identifier: MIT
// A queue_store with waiting and task counting: the machinery behind queue_interface.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// What an attempt with this answer means for a wait.
constexpr attempt attempt_of(conqueue_status status) noexcept {
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

// A put tries once, and waits at not_full_ only if that fails; a get does the same at not_empty_. Every success
// notifies one waiter of the other side. A thread that has waited, and sees that another waiter could proceed
// too, notifies that one: see event_count.
//
// Edges:  finished  done_  release in task_done -> acquire in task_done, seq_cst in unfinished_tasks: what was
//                          done for the items is seen by the threads that return from join(). A tail loaded
//                          after done_ is at least as far. The loads in unfinished_tasks() are seq_cst, in one
//                          sequence with the store's claims: the one that finds the count zero in task_done()
//                          is seen by a join() about to sleep
template <queue_store Store>
class waiting_store {
 public:
  using value_type = typename Store::value_type;
  using item_type = typename Store::item_type;
  using size_type = std::size_t;

  template <class... Args>
  explicit waiting_store(std::in_place_t, Args&&... args) : store_(std::forward<Args>(args)...) {}

  // Puts an element, and waits for room within the limits: success, closed or, once the limits have ended the
  // wait, the store's last answer or stopped. Unless it is success, a T given by rvalue is as it was.
  template <class... Args>
  conqueue_status put(wait_limits limits, Args&&... args) {
    if constexpr (constructs_in_slot<Args...>) {
      const conqueue_status status = try_put(std::forward<Args>(args)...);
      if constexpr (Store::is_bounded) {
        if (is_worth_waiting(status)) [[unlikely]]
          return put_waiting<in_register<value_type, Args>...>(limits, std::forward<Args>(args)...);
      }
      return status;
    } else {
      return put_made([&](item_type&& item) { return put(limits, std::move(item)); },
                      std::forward<Args>(args)...);
    }
  }

  // Takes an item, and waits for one within the limits: success, closed (and drained) or, once the limits have
  // ended the wait, the store's last answer or stopped.
  template <item_place<item_type> Place>
  conqueue_status get(Place& item, wait_limits limits) {
    const conqueue_status status = try_get(item);
    if (!is_worth_waiting(status)) [[likely]]
      return status;
    if constexpr (fits_registers<item_type>) {
      // Not into `item` itself: its address would escape, and the fast path could not keep it in a register.
      std::optional<item_type> late;
      const conqueue_status waited = get_waiting(late, limits);
      if (late) item.emplace(std::move(*late));
      return waited;
    } else {
      return get_waiting(item, limits);
    }
  }

  // Waits until a put, or a get, would not have to wait: success, closed (and drained) or, once the limits have
  // ended the wait, full, empty, stopped or interrupted. Nothing is put or taken.
  template <class Limits>
  conqueue_status wait_to_put(Limits limits) {
    return wait_until_ready(not_full_, limits, [this]() noexcept { return look_for_room(); });
  }
  template <class Limits>
  conqueue_status wait_to_get(Limits limits) {
    return wait_until_ready(not_empty_, limits, [this]() noexcept { return look_for_item(); });
  }

  // Whether a put, or a get, would have to wait: success, full or closed, and empty or closed (and drained).
  conqueue_status look_for_room() const noexcept {
    if (store_.is_closed()) return conqueue_status::closed;
    return store_.has_room() ? conqueue_status::success : conqueue_status::full;
  }
  conqueue_status look_for_item() const noexcept {
    const bool was_closed = store_.is_closed();  // before the size: nothing is put after it
    if (store_.size() != 0) return conqueue_status::success;
    return was_closed ? conqueue_status::closed : conqueue_status::empty;
  }

  // As put() and get(), without waiting: the store's answer.
  template <class... Args>
  conqueue_status try_put(Args&&... args) noexcept(puts_without_throwing<Args...>) {
    if constexpr (constructs_in_slot<Args...>) {
      const conqueue_status status = store_.try_put(std::forward<Args>(args)...);
      if (status == conqueue_status::success) not_empty_.notify_one();
      return status;
    } else {
      return put_made([&](item_type&& item) { return try_put(std::move(item)); }, std::forward<Args>(args)...);
    }
  }

  conqueue_status try_get(item_place<item_type> auto& item) noexcept(gets_without_throwing) {
    const conqueue_status status = store_.try_get(item);
    if constexpr (Store::is_bounded) {
      if (status == conqueue_status::success) not_full_.notify_one();
    }
    return status;
  }

  // Puts `count` elements from `first` on, waiting for room within the limits, and returns how many. Each is
  // read once.
  template <class Iterator>
  size_type put_n(Iterator& first, size_type count, wait_limits limits) {
    if constexpr (survives_refusal<Iterator>) {
      size_type done = try_put_n(first, count);
      while (done != count) {
        const size_type more = put_some_waiting(first, count - done, limits);
        if (more == 0) break;
        done += more;
      }
      return done;
    } else {
      return put_each_read(first, count, [&] { return wait_for_room(limits); });
    }
  }

  // Takes 1 to `max_count` items to `out`, waiting for the first within the limits, and returns how many.
  template <class Iterator>
  size_type get_n(Iterator& out, size_type max_count, wait_limits limits) {
    const size_type at_once = try_get_n(out, max_count);
    return at_once != 0 || max_count == 0 ? at_once : get_some_waiting(out, max_count, limits);
  }

  // As much of the above as can be done without waiting.
  template <class Iterator>
  size_type try_put_n(Iterator& first, size_type count) {
    if constexpr (puts_together<Iterator>) {
      const size_type done = store_.try_put_n(first, count);
      if (done != 0) not_empty_.notify_one();
      return done;
    } else if constexpr (survives_refusal<Iterator>) {
      size_type done = 0;
      for (; done != count && try_put(*first) == conqueue_status::success; ++done) ++first;
      return done;
    } else {
      return put_each_read(first, count, [&] { return takes_a_put(); });
    }
  }

  template <class Iterator>
  size_type try_get_n(Iterator& out, size_type max_count) {
    size_type done = 0;
    if constexpr (gets_together<Iterator>) {
      done = store_.try_get_n(out, max_count);
      if constexpr (Store::is_bounded) {
        if (done != 0) not_full_.notify_one();
      }
    } else {
      for (std::optional<item_type> item; done != max_count && try_get(item) == conqueue_status::success;
           ++done) {
        write(out, *item);
        item.reset();
      }
    }
    return done;
  }

  void close() noexcept {
    store_.close();
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  // Closes, destroys the items left and marks them done. Returns how many there were.
  size_type close_and_discard() {
    close();
    size_type discarded = 0;
    for (std::optional<item_type> item; get(item, {}) == conqueue_status::success; ++discarded) {
      item.reset();  // destroyed before it is marked done
      task_done();
    }
    return discarded;
  }

  void task_done() {
    // By the edge `finished`, the tail is no older than the one that `done` was compared with when it was
    // stored: if they are equal, the tail is not stale.
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

  size_type unfinished_tasks() const noexcept {
    const position done = done_.load(sync::seq_cst);  // seq_cst finished
    return static_cast<size_type>(store_.distance(done, store_.tail()));
  }

  // False if the limits have ended the wait.
  template <class Limits = wait_limits>
  bool wait_until_done(Limits limits) {
    const auto all_done = [this]() noexcept {
      return unfinished_tasks() == 0 ? attempt::done : attempt::blocked;
    };
    return all_done() == attempt::done || all_done_.wait(all_done, limits);
  }

  // In the child of a fork, where none of the parent's threads waits. The store is as it was: this is enough
  // only if no thread was in the middle of another call.
  void reset_after_fork() noexcept {
    not_empty_.reset_after_fork();
    not_full_.reset_after_fork();
    all_done_.reset_after_fork();
  }

  // For operations that only one store has. A caller that changes the store notifies the event count itself.
  Store& store() noexcept { return store_; }
  const Store& store() const noexcept { return store_; }
  typename Store::event_count& not_empty() noexcept { return not_empty_; }
  typename Store::event_count& not_full() noexcept { return not_full_; }
  open_event_count& all_done() noexcept { return all_done_; }

 private:
  using position = typename Store::position;

  template <class... Args>
  static constexpr bool constructs_in_slot = Store::template constructs_in_slot<Args...>;

  template <class... Args>
  static constexpr bool puts_without_throwing = [] {
    if constexpr (constructs_in_slot<Args...>) {
      return noexcept(std::declval<Store&>().try_put(std::declval<Args>()...));
    } else {
      return false;
    }
  }();
  static constexpr bool gets_without_throwing =
      noexcept(std::declval<Store&>().try_get(std::declval<std::optional<item_type>&>()));

  // Makes an item of the arguments and puts it. A T that was moved into its box is moved back if the put fails.
  template <class Put, class... Args>
  static conqueue_status put_made(Put put, Args&&... args) {
    item_type item = make_queue_item<value_type>(std::forward<Args>(args)...);
    if constexpr (is_boxed<value_type> && (... && std::same_as<Args, value_type>)) {
      if constexpr (item_type::moves_back) {
        const auto take_back = [&] { (..., (args = std::move(item.value()))); };
        try {
          const conqueue_status status = put(std::move(item));
          if (status != conqueue_status::success) take_back();
          return status;
        } catch (...) {
          take_back();
          throw;
        }
      }
    }
    return put(std::move(item));
  }

  template <class... Params>
  [[gnu::noinline, gnu::cold]] conqueue_status put_waiting(wait_limits limits, Params... params) {
    conqueue_status status;
    waiting_habit& habit = waiting_habit::at(&not_full_);
    wait_for(
        not_full_, limits,
        [&]() noexcept(puts_without_throwing<Params...>) {
          return attempt_of(status = try_put(std::forward<Params>(params)...));
        },
        pace_of_items, habit);
    hand_on(not_full_, status == conqueue_status::success && store_.has_room(), habit);
    return why_ended(limits, status);
  }

  template <item_place<item_type> Place>
  [[gnu::noinline, gnu::cold]] conqueue_status get_waiting(Place& item, wait_limits limits) {
    conqueue_status status;
    waiting_habit& habit = waiting_habit::at(&not_empty_);
    wait_for(
        not_empty_, limits,
        [&]() noexcept(gets_without_throwing) { return attempt_of(status = try_get(item)); }, pace_of_items,
        habit);
    hand_on(not_empty_, status == conqueue_status::success && store_.size() != 0, habit);
    return why_ended(limits, status);
  }

  // This thread takes nothing, so it passes on the wake that it may have used.
  template <class Limits, class Look>
  conqueue_status wait_until_ready(typename Store::event_count& events, Limits limits, Look look) {
    conqueue_status seen = look();
    if (!is_worth_waiting(seen)) return seen;
    events.wait([&]() noexcept { return attempt_of(seen = look()); }, limits);
    if (seen == conqueue_status::success) events.notify_one();
    return why_ended(limits, seen);
  }

  // An attempt that throws passes its wake on: another waiter could use what this one was woken for.
  template <class TryOnce>
  static bool wait_for(typename Store::event_count& events, wait_limits limits, TryOnce try_once, pace look_at,
                       waiting_habit& habit) {
    if constexpr (noexcept(try_once())) {
      return events.wait(try_once, limits, look_at, habit);
    } else {
      try {
        return events.wait(try_once, limits, look_at, habit);
      } catch (...) {
        events.notify_one();
        throw;
      }
    }
  }

  // After a wait: rule 2 of the event count, and what the thread learns from it.
  static void hand_on(typename Store::event_count& events, bool more, waiting_habit& habit) noexcept {
    habit.learn(more);
    if (more) events.notify_one();
  }

  static constexpr bool is_worth_waiting(conqueue_status status) noexcept {
    return status != conqueue_status::success && status != conqueue_status::closed;
  }

  // The status of a wait that has ended; `last` is that of its last attempt.
  template <class Limits>
  static conqueue_status why_ended(Limits limits, conqueue_status last) noexcept {
    if (!is_worth_waiting(last)) return last;
    if (limits.stop_requested()) return conqueue_status::stopped;
    return Limits::until_signal && !limits.until.has_passed() ? conqueue_status::interrupted : last;
  }

  // Whether a batch can be one operation of the store, which reads or writes elements after the claim, where
  // nothing may throw.
  template <class Iterator>
  static constexpr bool puts_together =
      constructs_in_slot<std::iter_reference_t<Iterator>> && noexcept(*std::declval<Iterator&>()) &&
      noexcept(++std::declval<Iterator&>());
  template <class Iterator>
  static constexpr bool gets_together = noexcept(*std::declval<Iterator&>() = std::declval<value_type>()) &&
                                        noexcept(++std::declval<Iterator&>());

  // Whether *first can be read again after a refused put: it then refers to an element, which a refused put
  // leaves as it was. An iterator that generates an element, or whose element is moved from when converted,
  // must be read only once there is room.
  template <class Iterator, class Reference = std::iter_reference_t<Iterator>>
  static constexpr bool survives_refusal =
      puts_together<Iterator> || std::is_lvalue_reference_v<Reference> || std::same_as<Reference, value_type&&>;

  // For each element, finds room, then reads the element and puts it. If another put has taken the room
  // meanwhile, it waits, because the element cannot be given back.
  template <class Iterator, class FindRoom>
  size_type put_each_read(Iterator& first, size_type count, FindRoom find_room) {
    size_type done = 0;
    for (; done != count && find_room(); ++done) {
      if (put({}, make_queue_item<value_type>(*first)) != conqueue_status::success) break;
      ++first;
    }
    return done;
  }

  bool takes_a_put() const noexcept { return !store_.is_closed() && store_.has_room(); }

  // False if the store is closed, or the limits have ended the wait.
  bool wait_for_room(wait_limits limits) {
    const auto look = [this]() noexcept {
      return store_.is_closed() || store_.has_room() ? attempt::done : attempt::blocked;
    };
    if (look() != attempt::done) {
      waiting_habit habit;
      wait_for(not_full_, limits, look, pace_of_items, habit);
      // This thread takes no room yet, so it passes on the wake that it may have used.
      if (takes_a_put()) not_full_.notify_one();
    }
    return takes_a_put();
  }

  // Puts at least one, unless the store is closed or the limits end the wait. The batch operations of a store
  // do not say why nothing could be done.
  template <class Iterator>
  size_type put_some_waiting(Iterator& first, size_type count, wait_limits limits) {
    if constexpr (!Store::is_bounded) {
      return try_put_n(first, count);
    } else if constexpr (puts_together<Iterator>) {
      size_type done = 0;
      waiting_habit& habit = waiting_habit::at(&not_full_);
      wait_for(
          not_full_, limits,
          [&]() noexcept(noexcept(store_.try_put_n(first, count))) {
            done = try_put_n(first, count);
            return done != 0 || store_.is_closed() ? attempt::done
                   : store_.has_room()             ? attempt::contended
                                                   : attempt::blocked;
          },
          Store::batch_pace, habit);
      hand_on(not_full_, done != 0 && store_.has_room(), habit);
      return done;
    } else {
      if (put(limits, *first) != conqueue_status::success) return 0;
      ++first;
      return 1 + try_put_n(first, count - 1);
    }
  }

  template <class Iterator>
  size_type get_some_waiting(Iterator& out, size_type max_count, wait_limits limits) {
    if constexpr (gets_together<Iterator>) {
      size_type done = 0;
      waiting_habit& habit = waiting_habit::at(&not_empty_);
      wait_for(
          not_empty_, limits,
          [&]() noexcept(noexcept(store_.try_get_n(out, max_count))) {
            done = try_get_n(out, max_count);
            if (done != 0) return attempt::done;
            std::optional<item_type> item;
            const conqueue_status status = try_get(item);
            if (status == conqueue_status::success) {
              write(out, *item);
              done = 1;
            }
            return attempt_of(status);
          },
          Store::batch_pace, habit);
      hand_on(not_empty_, done != 0 && store_.size() != 0, habit);
      return done;
    } else {
      std::optional<item_type> item;
      if (get(item, limits) != conqueue_status::success) return 0;
      write(out, *item);
      return 1 + try_get_n(out, max_count - 1);
    }
  }

  template <class Iterator>
  static void write(Iterator& out, item_type& item) noexcept(gets_together<Iterator>) {
    *out = std::move(queue_value(item));
    ++out;
  }

  Store store_;

  // Tasks marked done, as a position of the store: never beyond its tail.
  alignas(contention_free_distance) sync::atomic<position> done_{store_.tail()};
  open_event_count all_done_;

  // Written only by threads that sleep or wake others, so on a line of their own.
  alignas(contention_free_distance) typename Store::event_count not_empty_;
  typename Store::event_count not_full_;
};

}  // namespace PLAIT_NAMESPACE::detail
