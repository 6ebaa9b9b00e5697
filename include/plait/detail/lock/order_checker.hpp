// SPDX-License-Identifier: MIT
// The checks that a lock goes through: before it is waited for, when it is unlocked, and when its holder ends.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <plait/detail/lock/known_nestings.hpp>
#include <plait/detail/lock/known_orders.hpp>
#include <plait/detail/lock/lock_stack.hpp>
#include <plait/detail/lock/nap.hpp>
#include <plait/detail/lock/order_finding.hpp>
#include <plait/detail/lock/order_graph.hpp>
#include <plait/detail/lock/order_picture.hpp>
#include <plait/detail/lock/waiting_threads.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>
#include <plait/lock_order_report.hpp>

namespace PLAIT_NAMESPACE::detail {

// What is known of a mutex by its type.
struct lock_kind {
  bool is_recursive;
  bool runs_other_code;  // which may take checked locks while it is locked
};

// The process's one. It has two locks: one around the graph, which is taken for a nesting that is new for the
// thread, and one around the list of threads that sleep until they get a lock.
//
// Neither lock is held while code of the user runs, or the loader is asked for the names of functions: a thread
// that loads a library may wait for a checked lock.
class [[gnu::visibility("default")]] order_checker {
 public:
  using handler = std::function<void(const lock_order_report&)>;

  static order_checker& of_the_process() { return sync::per_process<order_checker>(); }

  order_checker() { sync::around_fork<&before_fork, &after_fork, &after_fork_in_child>(); }

  // Takes a lock by lock(), if try_lock() has failed for about a microsecond.
  template <lock_kind Kind, bool IsShared, class TryLock, class Lock>
  static void lock(lock_identity& wanted, TryLock try_lock, Lock lock) {
    take<true, Kind, IsShared>(wanted, [&](lock_stack& mine) {
      if (!try_lock()) [[unlikely]]
        of_the_process().wait<IsShared>(mine, wanted, try_lock, lock);
      return true;
    });
  }

  // Takes it by lock(), which waits until it is told to give up, and says false then.
  template <lock_kind Kind, bool IsShared, class Lock>
  static bool lock_or_stop(lock_identity& wanted, Lock lock) {
    return take<true, Kind, IsShared>(wanted, [&](lock_stack&) { return lock(); });
  }

  // Takes it by try_lock(), which does not wait, or not for ever: there is nothing to check.
  template <lock_kind Kind, bool IsShared, class TryLock>
  static bool try_lock(lock_identity& wanted, TryLock try_lock) {
    return take<false, Kind, IsShared>(wanted, [&](lock_stack&) { return try_lock(); });
  }

  static void before_unlock(lock_identity& held) noexcept {
    lock_stack& mine = lock_stack::mine();
    if (!mine.remove(held)) [[unlikely]]
      sync::rarely<&order_checker::report_stranger>(&of_the_process(), &held, &mine);
  }

  // A lock ends.
  static void forget(lock_identity& lock) noexcept {
    if (!lock.is_in_graph || lock.name != nullptr) return;
    lock_stack& mine = lock_stack::mine();
    order_checker& all = of_the_process();
    const checking now(mine);
    const std::lock_guard guard(all.lock_);
    all.orders_.forget(lock.number.load(sync::relaxed));  // relaxed: nobody else uses it any more
  }

  // What was logged is looked at again: it may have to throw now.
  void set_mode(lock_order_mode mode) noexcept {
    const checking now(lock_stack::mine());
    const std::lock_guard guard(lock_);  // so that nobody who has read the old mode adds a nesting after this
    mode_.store(mode, sync::relaxed);    // relaxed: it holds for what follows
    known_.clear();
  }
  lock_order_mode mode() const noexcept {
    return mode_.load(sync::relaxed);  // relaxed: as it was set
  }

  void set_least_certainty(lock_certainty least) noexcept {
    least_.store(least, sync::relaxed);  // relaxed: for what follows
  }
  lock_certainty least_certainty() const noexcept {
    return least_.load(sync::relaxed);  // relaxed: as it was set
  }

  void set_longest_delay(std::chrono::nanoseconds longest) noexcept {
    const std::int64_t count = longest.count();
    longest_delay_.store(std::max(count, std::int64_t{0}), sync::relaxed);  // relaxed: for what follows
  }

  void set_handler(handler called) {
    const checking now(lock_stack::mine());
    const std::lock_guard guard(lock_);
    handler_ = std::move(called);
  }

  // What it points to is never changed.
  void set_callers(const lock_order_callers& callers) noexcept {
    callers_.store(&callers, sync::relaxed);  // relaxed: what it points to is as it was at the beginning
  }

  std::uint64_t reports() const noexcept { return reports_.load(sync::relaxed); }  // relaxed: a count

  order_picture look() {
    const checking now(lock_stack::mine());
    const std::lock_guard guard(lock_);
    return orders_.look();
  }

  // Adds what was seen in another run. Its threads are none of this one's.
  void merge(const order_picture& other) {
    const checking now(lock_stack::mine());
    std::vector<order_finding> found;
    {
      const std::lock_guard guard(lock_);
      orders_.add(other);
      judge_all(found);
    }
    for (const order_finding& each : found) report(each, true);
  }

 private:
  using sighting = order_graph::sighting;

  // While it lives, the thread's own locks are not checked.
  class checking {
   public:
    explicit checking(lock_stack& mine) noexcept
        : mine_(mine), before_(std::exchange(mine.is_checking, true)) {}
    checking(const checking&) = delete;
    checking& operator=(const checking&) = delete;
    ~checking() { mine_.is_checking = before_; }

   private:
    lock_stack& mine_;
    const bool before_;
  };

  // Takes it by take_lock(stack), which says whether it is taken, and remembers that it is held.
  //
  // Handlers, and lock() of what is checked, may take checked locks, too. So the place that was made is kept
  // while code runs that is not known, and is made again after a report.
  template <bool IsChecked, lock_kind Kind, bool IsShared, class TakeLock>
  static bool take(lock_identity& wanted, TakeLock take_lock) {
    lock_stack& mine = lock_stack::mine();
    mine.make_room(&at_thread_exit);
    const std::uint64_t number = number_of(wanted, mine);
    if constexpr (IsChecked) check_order<IsShared, Kind.is_recursive>(mine, wanted, number);
    if (!take_into_place<Kind>(mine, take_lock)) return false;
    mine.push(wanted, number, IsShared);
    return true;
  }

  template <lock_kind Kind, class TakeLock>
  static bool take_into_place(lock_stack& mine, TakeLock& take_lock) {
    if constexpr (Kind.runs_other_code) {
      const lock_stack::kept_place place(mine);
      return take_lock(mine);
    } else {
      return take_lock(mine);
    }
  }

  static std::uint64_t number_of(lock_identity& lock, lock_stack& mine) {
    const std::uint64_t number = lock.number.load(sync::relaxed);  // relaxed: it stands for itself
    if (number != 0 || mine.is_checking) [[likely]]
      return number;
    return sync::rarely<&order_checker::give_number>(&of_the_process(), &lock, &mine);
  }

  std::uint64_t give_number(lock_identity* lock, lock_stack* mine) {
    const checking now(*mine);
    std::vector<order_finding> found;
    const std::uint64_t number = number_for(*lock, found);
    report_all(found, *mine);
    return number;
  }

  // Finds what can hang now that a class has two locks: nestings that are known are not examined again.
  std::uint64_t number_for(lock_identity& lock, std::vector<order_finding>& found) {
    const std::lock_guard guard(lock_);
    std::uint64_t number = lock.number.load(sync::relaxed);  // relaxed: the lock guards it
    if (number != 0) return number;
    bool has_grown = false;
    number = orders_.number_of(lock.name, has_grown);
    lock.number.store(number, sync::relaxed);  // relaxed: it stands for itself
    if (has_grown) judge_all(found);
    return number;
  }

  // Adds what nobody was told of yet.
  void judge_all(std::vector<order_finding>& found) {
    orders_.judge(least_certainty(), false, {}, [](const order_graph::edge&) { return false; }, found);
  }

  // -- the order --

  template <bool IsShared, bool IsRecursive>
  static void check_order(lock_stack& mine, lock_identity& wanted, std::uint64_t number) {
    if (mine.is_empty() || mine.is_checking || (IsRecursive && mine.contains(wanted))) return;
    of_the_process().check_nesting(mine, wanted, number, IsShared);
  }

  void check_nesting(lock_stack& mine, lock_identity& wanted, std::uint64_t number, bool is_shared) {
    if (mode() == lock_order_mode::off) return;
    const std::uint64_t nesting = mine.hash_with(wanted, number);
    const bool is_in_order = known_.contains(nesting, known_nestings::of_thread(nesting, mine.serial)) &&
                             (wanted.rule != lock_rule::key || has_highest_key(mine, wanted, number));
    if (!is_in_order) [[unlikely]]
      sync::rarely<&order_checker::examine>(this, &mine, &wanted, number, is_shared);
    if (longest_delay_.load(sync::relaxed) != 0) [[unlikely]]  // relaxed: as it was set
      sync::rarely<&order_checker::delay>(this, &mine);
  }

  // Among the thread's locks of its class. No table can know that, as every lock has another key.
  static bool has_highest_key(const lock_stack& mine, const lock_identity& wanted,
                              std::uint64_t number) noexcept {
    return std::none_of(mine.begin(), mine.end(), [&](const lock_stack::entry& held) {
      return held.number == number && held.lock->place >= wanted.place;
    });
  }

  void delay(lock_stack* mine) const noexcept {
    const checking now(*mine);
    const auto longest = static_cast<std::uint64_t>(longest_delay_.load(sync::relaxed));  // relaxed: as above
    const auto time = static_cast<std::uint64_t>(sync::clock::now().time_since_epoch().count());
    const std::uint64_t chance = (time ^ reinterpret_cast<std::uintptr_t>(mine)) * 0x9e3779b97f4a7c15 >> 16;
    nap(std::chrono::nanoseconds(chance % (longest + 1)), deadline::never());
  }

  void examine(lock_stack* mine, lock_identity* wanted, std::uint64_t number, bool is_shared) {
    const checking now(*mine);
    std::vector<order_finding> found;
    try {
      found = findings(*mine, *wanted, number, is_shared);
    } catch (const std::bad_alloc&) {
      found.clear();  // it is not known then, and will be looked at again
    }
    report_all(found, *mine);
  }

  // For one that is about to take a lock.
  void report_all(const std::vector<order_finding>& found, lock_stack& mine) {
    for (const order_finding& each : found) report(each, true);
    mine.make_room(&at_thread_exit);
  }

  std::vector<order_finding> findings(lock_stack& mine, lock_identity& wanted, std::uint64_t number,
                                      bool is_shared) {
    sighting seen{.place = here()};
    std::vector<order_finding> found;
    const std::lock_guard guard(lock_);
    if (mine.serial == 0) mine.serial = orders_.new_thread();
    seen.thread = mine.serial;
    const bool throws = mode() == lock_order_mode::throw_error;
    const auto find = [&](lock_problem problem, lock_certainty certainty, const lock_stack::entry& held) {
      const bool is_new = told_.emplace(problem, held.number, number).second;
      if (!is_new && !throws && certainty != lock_certainty::certain) return;
      found.push_back({problem,
                       certainty,
                       {{known_orders::name_of(*held.lock), known_orders::name_of(wanted), seen.place, true}}});
    };

    const auto again = std::find_if(mine.begin(), mine.end(), [&](const lock_stack::entry& held) {
      return held.lock == &wanted && held.number == number;
    });
    if (again != mine.end()) {
      const bool reads_again = again->is_shared && is_shared;
      find(reads_again ? lock_problem::recursive_read : lock_problem::relock,
           reads_again ? lock_certainty::possible : lock_certainty::certain, *again);
      return found;
    }

    bool is_seen_by_many = true;
    bool has_changed = false;
    for (const lock_stack::entry& held : mine) {
      if (const auto broken = broken_rule(held, wanted, number)) {
        find(*broken, lock_certainty::possible, held);
      } else if (held.number != number && wanted.rule != lock_rule::leaf) {
        orders_.declare(*held.lock, held.number);
        orders_.declare(wanted, number);
        seen.gates = gates(mine, held, number);
        has_changed |= orders_.add(held.number, number, seen);
        is_seen_by_many &= orders_.is_seen_by_many(held.number, number);
      }
    }
    const auto is_of_now = [&](const order_graph::edge& each) {
      return each.to == number && std::any_of(mine.begin(), mine.end(), [&](const lock_stack::entry& held) {
               return held.number == each.from;
             });
    };
    if (has_changed || throws) orders_.judge(least_certainty(), throws, seen.place, is_of_now, found);
    if (found.empty() || !throws) {
      const std::uint64_t nesting = mine.hash_with(wanted, number);
      known_.add(nesting, is_seen_by_many ? nesting : known_nestings::of_thread(nesting, mine.serial));
    }
    return found;
  }

  // The rule that a lock breaks which is taken under this one: what was declared, or that of its class.
  static std::optional<lock_problem> broken_rule(const lock_stack::entry& held, const lock_identity& wanted,
                                                 std::uint64_t number) noexcept {
    const auto both_have = [&](lock_rule rule) { return held.lock->rule == rule && wanted.rule == rule; };
    const bool is_higher = held.lock->place >= wanted.place;
    if (held.lock->rule == lock_rule::leaf) return lock_problem::leaf;
    if (both_have(lock_rule::rank) && is_higher) return lock_problem::rank;
    if (held.number != number) return std::nullopt;
    if (!both_have(lock_rule::key)) return lock_problem::same_class;
    return is_higher ? std::optional(lock_problem::key) : std::nullopt;
  }

  static std::vector<order_graph::number> gates(const lock_stack& mine, const lock_stack::entry& held,
                                                std::uint64_t number) {
    std::vector<order_graph::number> all;
    for (const lock_stack::entry& each : mine)
      if (!each.is_shared && each.number != held.number && each.number != number) all.push_back(each.number);
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
  }

  // -- waiting --

  // The lock is taken. A moment is given to its holder; then the thread is one of those that sleep.
  template <bool IsShared, class TryLock, class Lock>
  void wait(lock_stack& mine, lock_identity& wanted, TryLock try_lock, Lock lock) {
    if (mode() == lock_order_mode::off || mine.is_checking) return lock();
    for (int i = 0; i != sync::attempts(100); ++i) {
      sync::pause();
      if (try_lock()) return;
    }
    waiting_threads::waiter self{.wanted = &wanted, .shares = IsShared};
    const waiting until_taken(*this, mine, self);
    lock();
  }

  class waiting {
   public:
    waiting(order_checker& all, lock_stack& mine, waiting_threads::waiter& self)
        : all_(all), mine_(mine), self_(self) {
      all_.enter(mine_, self_);
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
      const checking now(mine_);
      all_.waiting_.leave(self_);
    }

   private:
    order_checker& all_;
    lock_stack& mine_;
    waiting_threads::waiter& self_;
  };

  // Tells of a circle while the thread is not in the list, because the handler may take locks. Whoever comes
  // meanwhile and waits for this thread is not told of it: it is held up by a circle that is reported.
  void enter(lock_stack& mine, waiting_threads::waiter& self) {
    const checking now(mine);
    self.held.assign(mine.begin(), mine.end());
    self.wanted_name = known_orders::name_of(*self.wanted);
    self.place = here();
    order_finding circle{lock_problem::deadlock, lock_certainty::certain, waiting_.enter(self)};
    if (circle.steps.empty()) return;
    waiting_.leave(self);
    if (circle.steps.size() == 1) circle.problem = lock_problem::relock;
    report_all({circle}, mine);
    waiting_.enter(self);
  }

  // -- what is wrong --

  void report_stranger(lock_identity* unlocked, lock_stack* mine) noexcept {
    if (mine->has_ended) return;  // it may be one of those that were told
    report_alone(lock_problem::not_owner, lock_certainty::certain, *unlocked, *mine);
  }

  static void at_thread_exit() noexcept {
    lock_stack& mine = lock_stack::mine();
    for (const lock_stack::entry& each : mine.take_out())
      of_the_process().report_alone(lock_problem::held_at_exit, lock_certainty::possible, *each.lock, mine);
  }

  void report_alone(lock_problem problem, lock_certainty certainty, const lock_identity& lock,
                    lock_stack& mine) noexcept {
    if (mode() == lock_order_mode::off || mine.is_checking) return;
    const checking now(mine);
    try {
      report({problem, certainty, {{"", known_orders::name_of(lock), here(), true}}}, false);
    } catch (...) {  // by a handler, or for want of memory: there is nowhere to throw to
      std::fputs("plait: a report of lock_order was lost\n", stderr);
    }
  }

  void report(const order_finding& found, bool may_throw) {
    lock_order_report made = found.readable();
    reports_.fetch_add(1, sync::relaxed);  // relaxed: a count
    handler called;
    {
      const std::lock_guard guard(lock_);
      called = handler_;
    }
    if (called != nullptr) called(made);
    const bool throws = mode() == lock_order_mode::throw_error && may_throw;
    if (called == nullptr && !throws) std::fputs(made.text().c_str(), stderr);
    if (throws) throw lock_order_error(std::move(made));
    if (mode() == lock_order_mode::abort) std::abort();
  }

  // Where the calling thread is.
  lock_place here() const { return {.thread_name = thread_name(), .stack = stack()}; }

  lock_order_callers callers() const {
    const lock_order_callers* const set = callers_.load(sync::relaxed);  // relaxed: see set_callers()
    return set != nullptr ? *set : lock_order_callers{};
  }

  std::string thread_name() const {
    const lock_order_callers by = callers();
    const std::string told = by.thread != nullptr ? by.thread() : std::string();
    return told.empty() ? sync::thread_name() : told;
  }

  call_places stack() const {
    std::array<void*, 48> places;
    constexpr int most = static_cast<int>(places.size());
    const lock_order_callers by = callers();
    const int told = by.stack != nullptr ? by.stack(places.data(), most) : 0;
    const int count = told != 0 ? told : sync::call_stack(places.data(), most);
    return {std::vector<void*>(places.begin(), places.begin() + count), told != 0 ? by.line : nullptr};
  }

  static void before_fork() {
    order_checker& all = of_the_process();
    all.lock_.lock();
    all.waiting_.before_fork();
  }
  static void after_fork() {
    order_checker& all = of_the_process();
    all.waiting_.after_fork();
    all.lock_.unlock();
  }
  static void after_fork_in_child() {
    order_checker& all = of_the_process();
    all.waiting_.after_fork_in_child();
    all.lock_.unlock();
  }

  sync::atomic<lock_order_mode> mode_{lock_order_mode::log};
  sync::atomic<lock_certainty> least_{lock_certainty::possible};
  sync::atomic<std::int64_t> longest_delay_{0};  // in nanoseconds
  sync::atomic<std::uint64_t> reports_{0};
  sync::atomic<const lock_order_callers*> callers_{nullptr};
  known_nestings known_;

  sync::mutex lock_;  // around the following
  known_orders orders_;
  std::set<std::tuple<lock_problem, std::uint64_t, std::uint64_t>> told_;  // of one class under another
  handler handler_;

  waiting_threads waiting_;
};

}  // namespace PLAIT_NAMESPACE::detail
