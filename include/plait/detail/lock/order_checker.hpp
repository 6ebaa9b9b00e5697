// SPDX-License-Identifier: MIT
// The checks that a lock goes through: before it is waited for, when it is unlocked, and when its holder ends.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <plait/detail/lock/lock_stack.hpp>
#include <plait/detail/lock/order_graph.hpp>
#include <plait/detail/lock/stack_names.hpp>
#include <plait/detail/sync.hpp>
#include <plait/lock_order_report.hpp>

namespace PLAIT_NAMESPACE::detail {

// The process's one. It has two locks: one around the graph, which is taken for a nesting that is new for the
// thread, and one around the list of threads that sleep until they get a lock.
//
// A nesting is known by its key (lock_stack). The table of known keys loses some when it overflows: these are
// looked at again.
//
// Neither lock is held while code of the user runs, or the loader is asked for the names of functions: a thread
// that loads a library may wait for a checked lock.
class [[gnu::visibility("default")]] order_checker {
 public:
  using handler = std::function<void(const lock_order_report&)>;

  static order_checker& of_the_process() { return sync::per_process<order_checker>(); }

  order_checker() { sync::around_fork<&before_fork, &after_fork, &after_fork_in_child>(); }

  // Takes a lock by lock(), if try_lock() has failed for about a microsecond.
  template <bool IsShared, bool IsRecursive, class TryLock, class Lock>
  static void lock(lock_identity& wanted, TryLock try_lock, Lock lock) {
    take<true, IsShared, IsRecursive>(wanted, [&](lock_stack& mine) {
      if (!try_lock()) [[unlikely]]
        of_the_process().wait(mine, wanted, try_lock, lock);
      return true;
    });
  }

  // Takes it by lock(), which waits until it is told to give up, and says false then.
  template <bool IsRecursive, class Lock>
  static bool lock_or_stop(lock_identity& wanted, Lock lock) {
    return take<true, false, IsRecursive>(wanted, [&](lock_stack&) { return lock(); });
  }

  // Takes it by try_lock(), which does not wait, or not for ever: there is nothing to check.
  template <bool IsShared, class TryLock>
  static bool try_lock(lock_identity& wanted, TryLock try_lock) {
    return take<false, IsShared, false>(wanted, [&](lock_stack&) { return try_lock(); });
  }

  template <bool IsShared, bool IsRecursive>
  static void before_unlock(lock_identity& held) noexcept {
    lock_stack& mine = lock_stack::mine();
    if (!mine.remove(held)) [[unlikely]]
      sync::rarely<&order_checker::report_stranger>(&of_the_process(), &held, &mine);
    if constexpr (IsShared) return;
    if constexpr (IsRecursive) {
      if (mine.contains(held)) return;
    }
    held.holder.store(0, sync::relaxed);  // relaxed: see hold()
  }

  // A lock ends.
  static void forget(lock_identity& lock) noexcept {
    if (!lock.is_in_graph || lock.name != nullptr) return;
    lock_stack& mine = lock_stack::mine();
    order_checker& all = of_the_process();
    const checking now(mine);
    const std::lock_guard guard(all.lock_);
    all.graph_.remove(lock.number.load(sync::relaxed));  // relaxed: nobody else uses it any more
  }

  void set_mode(lock_order_mode mode) noexcept {
    mode_.store(mode, sync::relaxed);  // relaxed: it holds for what follows
  }
  lock_order_mode mode() const noexcept {
    return mode_.load(sync::relaxed);  // relaxed: as it was set
  }

  void set_least_certainty(lock_certainty least) noexcept {
    least_.store(least, sync::relaxed);  // relaxed: for what follows
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

  // A copy of what is known.
  struct picture {
    struct edge {
      order_graph::edge seen;
      bool is_in_order;
    };
    std::vector<std::pair<order_graph::number, std::string>> classes;
    std::vector<edge> edges;
  };
  picture look() {
    picture seen;
    const checking now(lock_stack::mine());
    const std::lock_guard guard(lock_);
    graph_.for_each(
        [&](order_graph::number which, const std::string& name) { seen.classes.emplace_back(which, name); },
        [&](const order_graph::edge& each, bool is_in_order) { seen.edges.push_back({each, is_in_order}); });
    return seen;
  }

 private:
  using sighting = order_graph::sighting;
  static constexpr std::size_t known_keys = sync::sized(8192, 16);

  // A report whose stacks are not readable yet.
  struct finding {
    struct step {
      std::string held;
      std::string wanted;
      std::string thread;
      call_places stack;
    };
    lock_problem problem;
    lock_certainty certainty;
    std::vector<step> steps;
  };

  // A thread that sleeps until it gets a lock; on its stack.
  struct waiter {
    std::uint32_t thread;  // as in lock_identity::holder
    lock_identity* wanted;
    std::string wanted_name;
    std::string thread_name;
    call_places stack;
    waiter* next = nullptr;
  };

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

  // Read by whoever follows a circle of holders and waiters: each of these has stored it before it took
  // waiting_lock_ to wait for another lock.
  static void hold(lock_identity& taken, const lock_stack& mine) noexcept {
    taken.holder.store(mine.id() + 1, sync::relaxed);  // relaxed: see above
  }

  // Takes it by take_lock(stack), which says whether it is taken, and remembers that it is held.
  template <bool IsChecked, bool IsShared, bool IsRecursive, class TakeLock>
  static bool take(lock_identity& wanted, TakeLock take_lock) {
    lock_stack& mine = lock_stack::mine();
    mine.make_room(&at_thread_exit);
    const std::uint64_t number = number_of(wanted, mine);
    if constexpr (IsChecked) check_order<IsShared, IsRecursive>(mine, wanted, number);
    if (!take_lock(mine)) return false;
    mine.push(wanted, number, IsShared);
    if constexpr (!IsShared) hold(wanted, mine);
    return true;
  }

  static std::uint64_t number_of(lock_identity& lock, lock_stack& mine) {
    const std::uint64_t number = lock.number.load(sync::relaxed);  // relaxed: it stands for itself
    if (number != 0 || mine.is_checking) [[likely]]
      return number;
    return sync::rarely<&order_checker::give_number>(&of_the_process(), &lock, &mine);
  }

  std::uint64_t give_number(lock_identity* lock, lock_stack* mine) {
    const checking now(*mine);
    const std::lock_guard guard(lock_);
    std::uint64_t number = lock->number.load(sync::relaxed);  // relaxed: the lock guards it
    if (number != 0) return number;
    const auto known = lock->name != nullptr ? names_.find(lock->name) : names_.end();
    if (known != names_.end()) {
      number = known->second;
      graph_.has_another_lock(number);
    } else {
      number = ++last_number_;
      if (lock->name != nullptr) {
        graph_.declare(number, lock->name, true);
        names_.emplace(lock->name, number);
      }
    }
    lock->number.store(number, sync::relaxed);  // relaxed: it stands for itself
    return number;
  }

  // -- the order --

  template <bool IsShared, bool IsRecursive>
  static void check_order(lock_stack& mine, lock_identity& wanted, std::uint64_t number) {
    if (mine.is_empty() || mine.is_checking || (IsRecursive && mine.contains(wanted))) return;
    of_the_process().check_nesting(mine, wanted, number, IsShared);
  }

  void check_nesting(lock_stack& mine, lock_identity& wanted, std::uint64_t number, bool is_shared) {
    if (mode() == lock_order_mode::off) return;
    const std::uint64_t key = mine.key_with(number);
    if (!knows(key, key_of_thread(key, mine))) [[unlikely]]
      sync::rarely<&order_checker::examine>(this, &mine, &wanted, number, is_shared);
  }

  static std::uint64_t key_of_thread(std::uint64_t key, const lock_stack& mine) noexcept {
    return key ^ (mine.serial * 0x9e3779b97f4a7c15);
  }

  // A nesting has two places, for its key or that of the thread which alone has been seen doing it.
  bool knows(std::uint64_t key, std::uint64_t key_of_thread) const noexcept {
    const std::size_t at = key % known_keys;
    const std::uint64_t found = known_[at].load(sync::relaxed);  // relaxed: a key stands for itself
    if (found == key || found == key_of_thread) return true;
    const std::uint64_t other = known_[at ^ 1].load(sync::relaxed);  // relaxed: as above
    return other == key || other == key_of_thread;
  }

  void remember(std::uint64_t key, std::uint64_t stored) noexcept {
    const std::size_t at = key % known_keys;
    const bool is_free = known_[at].load(sync::relaxed) == 0;    // relaxed: a key stands for itself
    known_[is_free ? at : at ^ 1].store(stored, sync::relaxed);  // relaxed: a key stands for itself
  }

  void examine(lock_stack* mine, lock_identity* wanted, std::uint64_t number, bool is_shared) {
    const checking now(*mine);
    std::vector<finding> found;
    try {
      found = findings(*mine, *wanted, number, is_shared);
    } catch (const std::bad_alloc&) {
      return;  // it is not known then, and will be looked at again
    }
    for (const finding& each : found) report(each, true);
  }

  std::vector<finding> findings(lock_stack& mine, lock_identity& wanted, std::uint64_t number, bool is_shared) {
    sighting seen{.thread_name = thread_name(), .stack = stack()};
    std::vector<finding> found;
    const std::lock_guard guard(lock_);
    if (mine.serial == 0) mine.serial = ++last_thread_;
    seen.thread = mine.serial;
    const bool throws = mode() == lock_order_mode::throw_error;
    const auto find = [&](lock_problem problem, lock_certainty certainty, const lock_stack::entry& held) {
      const bool is_new = told_.emplace(problem, held.number, number).second;
      if (!is_new && !throws && certainty != lock_certainty::certain) return;
      found.push_back(
          {problem, certainty, {{name_of(*held.lock), name_of(wanted), seen.thread_name, seen.stack}}});
    };

    for (const lock_stack::entry& held : mine) {
      if (held.lock != &wanted || held.number != number) continue;
      const bool reads_again = held.is_shared && is_shared;
      find(reads_again ? lock_problem::recursive_read : lock_problem::relock,
           reads_again ? lock_certainty::possible : lock_certainty::certain, held);
      return found;
    }

    bool is_seen_by_many = true;
    bool has_changed = false;
    for (const lock_stack::entry& held : mine) {
      if (held.lock->is_leaf) {
        find(lock_problem::leaf, lock_certainty::possible, held);
      } else if (held.lock->rank != 0 && wanted.rank != 0 && held.lock->rank >= wanted.rank) {
        find(lock_problem::rank, lock_certainty::possible, held);
      } else if (held.number == number) {
        find(lock_problem::same_class, lock_certainty::possible, held);
      } else if (!wanted.is_leaf) {
        declare(*held.lock, held.number);
        declare(wanted, number);
        seen.gates = gates(mine, held, number);
        has_changed |= graph_.add(held.number, number, seen) != order_graph::result::known;
        is_seen_by_many &= graph_.find(held.number, number)->has_many_threads;
      }
    }
    if (has_changed || throws) judge(mine, number, seen, throws, found);
    if (found.empty() || !throws) {
      const std::uint64_t key = mine.key_with(number);
      remember(key, is_seen_by_many ? key : key_of_thread(key, mine));
    }
    return found;
  }

  void declare(lock_identity& lock, std::uint64_t number) {
    lock.is_in_graph = true;
    if (!graph_.knows(number)) graph_.declare(number, name_of(lock), true);
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

  // Which of the edges that would close a cycle are worth a report, now that something new is known. In a mode
  // in which the lock is not taken then, the caller's are worth one each time.
  void judge(const lock_stack& mine, std::uint64_t number, const sighting& now, bool throws,
             std::vector<finding>& found) {
    const auto is_of_now = [&](const order_graph::edge& each) {
      return each.to == number && std::any_of(mine.begin(), mine.end(), [&](const lock_stack::entry& held) {
               return held.number == each.from;
             });
    };
    for (order_graph::edge& closing : graph_.set_aside()) {
      if (closing.is_reported && !(throws && is_of_now(closing))) continue;
      std::vector<const order_graph::edge*> cycle = graph_.way_back(closing);
      if (cycle.empty()) continue;
      const auto certainty =
          graph_.can_hang(closing, cycle) ? lock_certainty::possible : lock_certainty::unlikely;
      if (certainty > least_.load(sync::relaxed)) continue;  // relaxed: as it is set
      closing.is_reported = true;
      cycle.insert(cycle.begin(), &closing);
      const auto first = std::ranges::find_if(cycle, [&](const auto* each) { return is_of_now(*each); });
      std::ranges::rotate(cycle, first != cycle.end() ? first : cycle.begin());
      finding made{lock_problem::inversion, certainty, {}};
      for (const order_graph::edge* const each : cycle) {
        const sighting& seen = made.steps.empty() && is_of_now(*each) ? now : each->first;
        made.steps.push_back({graph_.name(each->from), graph_.name(each->to), seen.thread_name, seen.stack});
      }
      found.push_back(std::move(made));
    }
  }

  // -- waiting --

  // The lock is taken. A moment is given to its holder; then the thread is one of those that sleep, and looks
  // whether they wait in a circle. Whoever closes the circle comes last, and sees all of it.
  template <class TryLock, class Lock>
  void wait(lock_stack& mine, lock_identity& wanted, TryLock try_lock, Lock lock) {
    if (mode() == lock_order_mode::off || mine.is_checking) return lock();
    for (int i = 0; i != sync::attempts(100); ++i) {
      sync::pause();
      if (try_lock()) return;
    }
    waiter self{mine.id() + 1, &wanted, {}, {}, {}, nullptr};
    const waiting until_taken(*this, mine, self);
    lock();
  }

  class waiting {
   public:
    waiting(order_checker& all, lock_stack& mine, waiter& self) : all_(all), mine_(mine), self_(self) {
      all_.enter(mine_, self_);
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() { all_.leave(mine_, self_); }

   private:
    order_checker& all_;
    lock_stack& mine_;
    waiter& self_;
  };

  void enter(lock_stack& mine, waiter& self) {
    const checking now(mine);
    self.wanted_name = name_of(*self.wanted);
    self.thread_name = thread_name();
    self.stack = stack();
    finding circle{lock_problem::deadlock, lock_certainty::certain, {}};
    {
      const std::lock_guard guard(waiting_lock_);
      circle.steps = circle_of(self);
      self.next = std::exchange(waiting_, &self);
    }
    if (circle.steps.empty()) return;
    if (circle.steps.size() == 1) circle.problem = lock_problem::relock;
    try {
      report(circle, true);
    } catch (...) {
      leave(mine, self);
      throw;
    }
  }

  void leave(lock_stack& mine, waiter& self) noexcept {
    const checking now(mine);
    const std::lock_guard guard(waiting_lock_);
    waiter** at = &waiting_;
    while (*at != &self) at = &(*at)->next;
    *at = self.next;
  }

  std::vector<finding::step> circle_of(waiter& self) const {
    std::vector<const waiter*> way{&self};
    for (;;) {
      const std::uint32_t holder = way.back()->wanted->holder.load(sync::relaxed);  // relaxed: see hold()
      if (holder == self.thread) break;
      const waiter* next = waiting_;
      while (next != nullptr && next->thread != holder) next = next->next;
      if (holder == 0 || next == nullptr || std::ranges::find(way, next) != way.end()) return {};
      way.push_back(next);
    }
    std::vector<finding::step> steps;
    const waiter* before = way.back();
    for (const waiter* const each : way) {
      steps.push_back({before->wanted_name, each->wanted_name, each->thread_name, each->stack});
      before = each;
    }
    return steps;
  }

  // -- what is wrong --

  void report_stranger(lock_identity* unlocked, lock_stack* mine) noexcept {
    report_alone(lock_problem::not_owner, lock_certainty::certain, *unlocked, *mine);
  }

  static void at_thread_exit() noexcept {
    lock_stack& mine = lock_stack::mine();
    for (const lock_stack::entry& each : mine)
      of_the_process().report_alone(lock_problem::held_at_exit, lock_certainty::possible, *each.lock, mine);
    mine.give_back_room();
  }

  void report_alone(lock_problem problem, lock_certainty certainty, const lock_identity& lock,
                    lock_stack& mine) noexcept {
    if (mode() == lock_order_mode::off || mine.is_checking) return;
    const checking now(mine);
    try {
      report({problem, certainty, {{"", name_of(lock), thread_name(), stack()}}}, false);
    } catch (...) {  // by a handler, or for want of memory: there is nowhere to throw to
      std::fputs("plait: a report of lock_order was lost\n", stderr);
    }
  }

  void report(const finding& found, bool may_throw) {
    lock_order_report made{found.problem, found.certainty, {}};
    stack_names names;
    for (const finding::step& each : found.steps)
      made.steps.push_back({each.held, each.wanted, each.thread, names.lines(each.stack)});
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

  static std::string name_of(const lock_identity& lock) {
    if (lock.name != nullptr) return lock.name;
    return "unnamed lock " + std::to_string(lock.number.load(sync::relaxed));  // relaxed: it stands for itself
  }

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
    all.waiting_lock_.lock();
  }
  static void after_fork() {
    order_checker& all = of_the_process();
    all.waiting_lock_.unlock();
    all.lock_.unlock();
  }
  static void after_fork_in_child() {
    of_the_process().waiting_ = nullptr;  // they do not exist here, and this thread is not waiting
    after_fork();
  }

  sync::atomic<lock_order_mode> mode_{lock_order_mode::log};
  sync::atomic<lock_certainty> least_{lock_certainty::possible};
  sync::atomic<std::uint64_t> reports_{0};
  sync::atomic<const lock_order_callers*> callers_{nullptr};
  std::array<sync::atomic<std::uint64_t>, known_keys> known_{};

  sync::mutex lock_;  // around the following
  order_graph graph_;
  std::map<std::string, std::uint64_t> names_;
  std::set<std::tuple<lock_problem, std::uint64_t, std::uint64_t>> told_;  // of one class under another
  std::uint64_t last_number_ = 0;
  std::uint64_t last_thread_ = 0;
  handler handler_;

  mutable sync::mutex waiting_lock_;  // around the following
  waiter* waiting_ = nullptr;
};

}  // namespace PLAIT_NAMESPACE::detail
