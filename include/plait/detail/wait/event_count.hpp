// SPDX-License-Identifier: MIT
// Sleeping until something may have changed: the one waiting part that every structure uses.
//
// An event count turns any lock-free attempt ("pop an item") into a blocking one. Whoever makes progress
// possible calls notify_one(), which is one plain load when nobody sleeps; whoever cannot make progress
// calls wait(), which tries again for some microseconds, offering its processor to others between the
// attempts, and then sleeps on a futex: or does either at once, if that has served the thread better here.
//
// The protocol of a pair (notifier, waiter) around a condition C held in some atomics:
//
//   notifier: makes C true by a seq_cst read-modify-write; ...; notify_one() loads waiters_   (seq_cst)
//   waiter:   adds itself to waiters_ (seq_cst); loads C (seq_cst); sleeps if C is false
//
//   If the load in notify_one() comes first in the order of seq_cst operations, then C was made true
//   before the waiter looked: it sees C and does not sleep.
//   If the waiter's addition comes first, notify_one() sees the waiter and wakes it: either it sleeps
//   already, and the futex call wakes it, or it will find epoch_ changed and not fall asleep.
//
// One wake in flight. Waking a thread for every item while it is still on its way costs more than all the
// queues together, so a notifier that finds a wake under way leaves it at that. Two rules keep that safe:
//   (1) whoever leaves the waiters ends the wake in flight, and only then looks at the condition again;
//   (2) whoever has waited, succeeded, and sees that more could be done calls notify_one() in turn.
//   A notifier that finds the flag set comes before the leaver's RMW in the order above, so its C is
//   seen by the leaver's look, and whatever the leaver leaves over is handed on by rule 2.
//
// Waiters that are no threads. A registered_waiter (a file descriptor, a coroutine) counts itself by entering,
// like a thread, and looks before anybody can take it. A notifier takes it out of the list and calls it. No
// wake is in flight to it: the next notifier takes the next one, or finds none. So a registration that ends
// otherwise has used up nothing, and whoever is called, and finds nothing to do, enters again. By rule 2,
// notified() says whether another waiter is to be notified. Threads and registered waiters take turns.
//
// asymmetric_event_count is for notifiers that have no read-modify-write: they make C true by a plain store,
// and the two cases rest on the pair of fences of the seam instead. The one in notify_one() costs nothing;
// the waiter's interrupts the whole process, just before it sleeps.
//
// Not promised: fairness among waiters, and that a wake finds something to do.
//
// Edges:  noticed   epoch_     release in wake_all -> acquire in enter   a stop request, which is no
//                              seq_cst operation, is seen by whoever it wakes
//                              (the model checker would not notice a weaker order at either end: to it, a stop
//                              request, being std::stop_token's own, is seen by all at once)
//         counted   waiters_   seq_cst on both sides, the two cases above; no data is passed
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <tuple>
#include <utility>
#include <vector>

#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/detail/wait/staying_awake.hpp>
#include <plait/detail/wait/waiter_list.hpp>
#include <plait/detail/wait/waiting_habit.hpp>

namespace PLAIT_NAMESPACE::detail {

// When a wait gives up. The token, if there is one, outlives the wait.
struct wait_limits {
  static constexpr bool until_signal = false;
  static constexpr bool looks_awake = true;  // for some microseconds, before it sleeps

  deadline until = deadline::never();
  const std::stop_token* stop = nullptr;

  bool stop_requested() const noexcept { return stop != nullptr && stop->stop_requested(); }
  bool are_over() const noexcept { return stop_requested() || until.has_passed(); }
};

// The same, and a signal handler that has run meanwhile ends the wait, too. A type of its own, because a third
// member would not fit into the registers in which every operation hands its limits on.
struct limits_until_signal : wait_limits {
  static constexpr bool until_signal = true;
};

// Whether a sleep was the last one.
template <class Limits>
bool ends_wait(sync::futex_result slept, const Limits& limits) noexcept {
  return (Limits::until_signal && slept == sync::futex_result::interrupted) || limits.are_over();
}

// What stands between changing a condition and looking for waiters, and between the other way round. Where
// after_change() is not enough, because light fences are not free, an event count is made with fence_needed.
struct ordered_by_changes {
  static constexpr bool is_always_enough = true;
  static constexpr bool is_enough() noexcept { return true; }
  static void after_change() noexcept {}
  static void before_look() noexcept {}
};
struct ordered_by_fences {
  static constexpr bool is_always_enough = false;
  static bool is_enough() noexcept { return sync::light_fence_is_free(); }
  static void after_change() noexcept { sync::free_light_fence(); }
  static void before_look() noexcept { sync::process_wide_fence(); }
};

template <class... EventCounts>
class event_counts;
template <class EventCount>
class event_count_list;
template <class TryOnce, class Limits, class EventCounts>
bool wait_any(TryOnce&& try_once, Limits limits, pace look_at, waiting_habit& habit, EventCounts counts);

template <class Ordering, class Registered>
class basic_event_count {
 public:
  // Tests begin with an epoch that is about to wrap.
  explicit basic_event_count(std::uint32_t first_epoch = 0) noexcept : epoch_(first_epoch) {}
  basic_event_count(const basic_event_count&) = delete;
  basic_event_count& operator=(const basic_event_count&) = delete;

  // Wakes one waiter, unless none waits or the wake of a thread is already in flight. Always inline, since it
  // is one load as a rule.
  [[gnu::always_inline]] void notify_one() noexcept {
    Ordering::after_change();
    if (waiters_.load(sync::seq_cst) != 0) [[unlikely]]  // seq_cst counted: notifier's side
      wake_one();
  }

  // Wakes every waiter: close, or a condition that all of them wait for.
  void notify_all() noexcept {
    Ordering::after_change();
    if (waiters_.load(sync::seq_cst) != 0 && finds_waiters()) wake_all();  // seq_cst counted: notifier's side
  }

  // Registers a waiter that is no thread, unless is_ready() says that it need not wait: then false. is_ready()
  // looks at what notifiers change, by seq_cst loads; it runs under the list's lock. Once this has returned
  // true, a notifier may have called the waiter, which may be gone.
  template <class IsReady>
  bool enter_unless(registered_waiter& waiter, IsReady is_ready) noexcept
    requires(Registered::is_there)
  {
    const auto set_flag = [this]() noexcept {
      waiters_.fetch_or(some_registered, sync::seq_cst);  // seq_cst counted: waiter's side
      Ordering::before_look();
    };
    return registered_.add_unless(waiter, set_flag, clear_flag(), is_ready);
  }

  // Ends a registration; false if a notifier has ended it, and has called notified() or is about to.
  bool leave(registered_waiter& waiter) noexcept
    requires(Registered::is_there)
  {
    return registered_.remove(waiter, clear_flag());
  }

  // In the child of a fork: the threads that waited are not there, and a wake in flight to one of them would be
  // in flight for ever. Registered waiters stay.
  void reset_after_fork() noexcept {
    waiters_.fetch_and(some_registered | fence_needed, sync::relaxed);  // relaxed: there is no other thread
  }

  // See wait_any(), of which this is the case of one. The first is for waits from which nothing is learnt.
  template <class TryOnce, class Limits = wait_limits>
  bool wait(TryOnce&& try_once, Limits limits, pace look_at = pace_of_items) {
    waiting_habit habit;
    return wait(std::forward<TryOnce>(try_once), limits, look_at, habit);
  }
  template <class TryOnce, class Limits = wait_limits>
  bool wait(TryOnce&& try_once, Limits limits, pace look_at, waiting_habit& habit) {
    return wait_any(std::forward<TryOnce>(try_once), limits, look_at, habit, event_counts(*this));
  }

 private:
  // waiters_ is eight times the number of waiting threads, plus
  //   1  wake_in_flight: one of these threads is being woken
  //   2  some_registered: the list is not empty
  //   4  fence_needed: always or never; a notifier executes a fence before it looks again
  // 0 is nobody: notify_one() is done after its load. wake_in_flight without threads does not occur: the flag
  // is set only by a CAS from a value that counts some, and every leaver clears it.
  static constexpr std::uint32_t wake_in_flight = 1;
  static constexpr std::uint32_t some_registered = 2;
  static constexpr std::uint32_t fence_needed = 4;
  static constexpr std::uint32_t one_thread = 8;

  template <class... EventCounts>
  friend class event_counts;
  template <class EventCount>
  friend class event_count_list;

  // Counts a waiter, and says which epoch it may sleep in.
  sync::futex_expectation enter() noexcept {
    // The epoch first: whoever sees this waiter counted then changes it. Read later, it might be the epoch
    // of a notification that has woken nobody, and the wake in flight would never end.
    const std::uint32_t epoch = epoch_.load(sync::acquire);  // acquire noticed
    waiters_.fetch_add(one_thread, sync::seq_cst);           // seq_cst counted: waiter's side
    Ordering::before_look();
    return {epoch_, epoch};
  }

  void leave() noexcept {
    std::uint32_t waiters = waiters_.load(sync::relaxed);  // relaxed: the CAS below decides
    while (!waiters_.compare_exchange_weak(waiters, (waiters - one_thread) & ~wake_in_flight,
                                           sync::seq_cst,     // seq_cst counted: rule 1
                                           sync::relaxed)) {  // relaxed: tried again
    }
    Ordering::before_look();
  }

  // For a notifier that has seen something in waiters_: whether it was more than fence_needed.
  bool finds_waiters() noexcept {
    if constexpr (Ordering::is_always_enough) return true;
    if ((waiters_.load(sync::relaxed) & fence_needed) == 0) return true;  // relaxed: that bit never changes
    sync::light_fence();
    return waiters_.load(sync::seq_cst) != fence_needed;  // seq_cst counted: notifier's side
  }

  [[gnu::noinline]] void wake_one() noexcept {
    if (!finds_waiters()) return;
    if constexpr (Registered::is_there) {
      // Whoever registers again meanwhile would otherwise keep this notifier for ever.
      registered_waiter* first = nullptr;
      while (registered_waiter* const next = take_registered()) {
        if (!next->notified()) return;
        if (next == first) break;
        if (first == nullptr) first = next;
      }
    }
    wake_thread();
  }

  void wake_thread() noexcept {
    std::uint32_t waiters = waiters_.load(sync::relaxed);  // relaxed: no older than what notify_one() saw
    do {
      if (!has_sleeper(waiters)) return;
      // relaxed, twice: it only matters that one notifier sets the flag. The place in the order of the two
      // cases is that of the load in notify_one().
    } while (!waiters_.compare_exchange_weak(waiters, waiters | wake_in_flight, sync::relaxed, sync::relaxed));
    epoch_.fetch_add(1, sync::relaxed);  // relaxed: it only has to change
    sync::futex_wake(epoch_, 1);
  }

  // Of every kind: for a change that all of them wait for.
  void wake_all() noexcept {
    wake_all_threads();
    if constexpr (Registered::is_there) {
      registered_.take_all(clear_flag(), [](registered_waiter& each) noexcept { each.notified(); });
    }
  }

  void wake_all_threads() noexcept {
    epoch_.fetch_add(1, sync::release);  // release noticed
    sync::futex_wake(epoch_, sync::every_sleeper);
  }

  // The registered waiter whose turn it is; null if it is a thread's, or there is none.
  registered_waiter* take_registered() noexcept {
    const std::uint32_t waiters = waiters_.load(sync::relaxed);  // relaxed: as in wake_thread()
    if ((waiters & some_registered) == 0) return nullptr;
    // The epoch changes with every notification, so its last bit can say whose turn it is.
    const bool is_threads_turn = epoch_.load(sync::relaxed) % 2 != 0;  // relaxed: any answer will do
    if (is_threads_turn && has_sleeper(waiters)) return nullptr;
    registered_waiter* const next = registered_.take(clear_flag());
    if (next == nullptr) return nullptr;
    epoch_.fetch_add(1, sync::relaxed);  // relaxed: as above
    return next;
  }

  // Whether there is a thread to wake, and none is being woken.
  static constexpr bool has_sleeper(std::uint32_t waiters) noexcept {
    return waiters >= one_thread && (waiters & wake_in_flight) == 0;
  }

  auto clear_flag() noexcept {
    return [this]() noexcept {
      waiters_.fetch_and(~some_registered, sync::relaxed);  // relaxed: a notifier that still sees it finds none
    };
  }

  // In this order: if waiters_ came first, GCC would take its address, which is that of the event count, before
  // the load that makes the call unlikely.
  sync::atomic<std::uint32_t> epoch_;  // the futex word: changes with every notification
  sync::atomic<std::uint32_t> waiters_{Ordering::is_enough() ? 0 : fence_needed};  // see the table above
  [[no_unique_address]] Registered registered_;
};

// For threads alone; for any waiter; and for any waiter, where notifiers have no read-modify-write.
using event_count = basic_event_count<ordered_by_changes, no_waiter_list>;
using open_event_count = basic_event_count<ordered_by_changes, waiter_list>;
using asymmetric_event_count = basic_event_count<ordered_by_fences, waiter_list>;

// The event counts that one thread waits at. It enters all of them before it looks, and leaves all of them
// after it has slept.
template <class... EventCounts>
class event_counts {
 public:
  explicit event_counts(EventCounts&... counts) noexcept : counts_(counts...) {}

  auto enter() noexcept {
    return std::apply(
        [](EventCounts&... each) {
          return std::array<sync::futex_expectation, sizeof...(EventCounts)>{each.enter()...};
        },
        counts_);
  }
  void leave() noexcept {
    std::apply([](EventCounts&... each) { (each.leave(), ...); }, counts_);
  }
  void wake_threads_at_one() noexcept { std::get<0>(counts_).wake_all_threads(); }

 private:
  std::tuple<EventCounts&...> counts_;
};

// The same where only the run shows how many they are: at least one.
template <class EventCount>
class event_count_list {
 public:
  explicit event_count_list(std::vector<EventCount*> counts) : counts_(std::move(counts)) {
    expected_.reserve(counts_.size());
  }

  std::span<const sync::futex_expectation> enter() noexcept {
    expected_.clear();
    for (EventCount* each : counts_) expected_.push_back(each->enter());
    return expected_;
  }
  void leave() noexcept {
    for (EventCount* each : counts_) each->leave();
  }
  void wake_threads_at_one() noexcept { counts_.front()->wake_all_threads(); }

 private:
  std::vector<EventCount*> counts_;
  std::vector<sync::futex_expectation> expected_;  // has room for all of them
};

inline constexpr std::chrono::microseconds first_nap{100};
inline constexpr std::chrono::milliseconds longest_nap{10};

// Waits at several event counts at once, for whichever is notified. Calls `try_once` until it says done (then
// true), or until the limits, a wait_limits or limits_until_signal, end the wait (then false). The last call
// comes after the last sleep, so an item that arrives together with the deadline is not missed. `try_once` says
// blocked only after seq_cst loads of whatever notifiers change. If it throws, so does this; what was notified
// meanwhile is then the caller's to hand on. By rule 2, whoever has waited at several and succeeded looks
// whether there is more to do at each of them.
template <class TryOnce, class Limits, class EventCounts>
bool wait_any(TryOnce&& try_once, Limits limits, pace look_at, waiting_habit& habit, EventCounts counts) {
  const deadline until = limits.until;
  if (Limits::looks_awake && try_as_usual(try_once, until, look_at, habit)) return true;

  const std::stop_token stop = limits.stop != nullptr ? *limits.stop : std::stop_token();
  // A stop request is no seq_cst operation, so its notification cannot rely on the count of waiters.
  const std::stop_callback wake_on_stop(stop, [&counts] { counts.wake_threads_at_one(); });
  sync::clock::duration nap = first_nap;
  for (;;) {
    attempt seen;
    bool giving_up;
    auto slept = sync::futex_result::woken;
    {
      const auto unchanged = counts.enter();
      const at_end_of_scope leave_all([&]() noexcept { counts.leave(); });
      seen = try_once();
      giving_up = seen != attempt::done && limits.are_over();
      if (seen == attempt::blocked && !giving_up) {
        slept = sync::futex_wait_any(unchanged, until.time());
      } else if (seen == attempt::contended && !giving_up) {
        // The other thread has done its read-modify-write, and its last plain store may still be on its
        // way when it loads waiters_: no order forbids that, and a fence there would cost every
        // operation. So this sleep, and only this one, is bounded.
        slept = sync::futex_wait_any(unchanged, until.or_after(nap).time());
        if (nap < longest_nap) nap *= 2;
      }
    }
    if (seen == attempt::done || try_once() == attempt::done) return true;
    if (giving_up || (Limits::until_signal && slept == sync::futex_result::interrupted)) return false;
  }
}

}  // namespace PLAIT_NAMESPACE::detail
