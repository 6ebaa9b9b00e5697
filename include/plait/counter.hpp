// SPDX-License-Identifier: MIT
// counter: one 64-bit number that many threads add to and few read.
//
// Use it for statistics: requests served, bytes read, cache hits. Any number of threads may add, each at
// the cost of adding to a variable of its own, and thousands of counters are cheap.
// Use keyed_counter to count by key. Use std::atomic when every add needs the resulting value (tickets,
// reference counts) or reads are as frequent as adds.
//
//   operation        progress       exactness                                   complexity     memory
//   add, +=, ++      wait-free (1)  no add is ever lost                         O(1) (3)       see below
//   load             wait-free      all adds that happened before, and some of  O(threads)     none
//                                   those under way; exact when nobody adds
//   exchange, reset  lock-free      every add is taken by exactly one exchange  O(threads)     none
//   constructor      blocks (2)                                                 O(threads)     see below
//   destructor       blocks (2)                                                 O(log counters)
//   Memory: an object takes 16 bytes, and 8 to 16 more for each thread id that adds, in blocks of at least
//   4 KiB per thread. Later counters and threads reuse them, so memory grows to the most alive at once.
//   (1) Except that a thread's first add, and its first in a new block, allocates. If allocation fails, the add
//       changes a number that all threads share; it never throws.
//   (2) On a lock held for a few instructions. The constructor may throw std::bad_alloc.
//   (3) On x86-64 without a locked instruction; elsewhere a relaxed read-modify-write of a word of its own.
//
//   may be called    in a signal handler                           in operator new
//   add, +=, ++      if the thread has added before, even just 0:  yes
//                    its first add allocates
//   load, exchange,  yes                                           yes
//     reset
//   constructor,     no                                            no
//     destructor
//
//   plait::counter served;
//   {
//     std::vector<std::jthread> workers;
//     for (int i = 0; i < 4; ++i)
//       workers.emplace_back([&] {
//         for (int request = 0; request < 1000; ++request) served.add();
//       });
//   }
//   std::printf("%lld\n", static_cast<long long>(served.load()));  // 4000
//
// A thread may add even in its last thread_local destructors, and what it added stays when it ends. The number
// wraps around at 2^63, without undefined behaviour. An add orders no other memory, and the adds of one thread
// need not be seen in their order. += and ++ return nothing, because the sum is not known.
// Shared libraries: a program and the libraries that it is linked to may share counters, also with
// -fvisibility=hidden. A library opened by dlopen() may share those of a program that is linked with -rdynamic,
// and those of a library that was opened before with RTLD_GLOBAL. A library that uses this header is never
// unloaded, because threads that counted in it may end after dlclose().
// A child of fork() may go on counting. Every call must have returned before the counter is destroyed.
// Algorithm: a cell for each thread and counter that only its owner writes (statistical counters, McKenney,
// "Is Parallel Programming Hard", chapter 5), laid out thread by thread. Design note:
// docs/structures/counter.md.
#pragma once

#include <cstdint>

#include <plait/detail/count/counter_cells.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/index_pool.hpp>

namespace PLAIT_NAMESPACE {

// Value: the sum of the counter's cells minus taken_. Only adds change a cell; exchange changes taken_, and so
// does an add that has no cell.
//
// Exchanges partition the adds: one that succeeds has read taken_ as the exchange before it, and the adds
// without a cell since then, left it, and has read every cell after that exchange did. So from each cell it
// takes what was added since the exchange before, and nothing else: the sums telescope.
//
// Edges:  taken   taken_   release in exchange -> acquire in exchange, load   no cell is then read older than
//                          the exchange that set taken_ read it
class counter {
 public:
  // Counts from 0. Throws std::bad_alloc.
  counter() : at_(detail::counter_cells::locate(numbers::take())) {
    // A number used before has its old cells. Nobody adds to them now, so the counter is zero at their sum.
    // relaxed: nobody else knows the counter yet
    taken_.store(detail::counter_cells::sum(at_), detail::sync::relaxed);
  }
  counter(const counter&) = delete;
  counter& operator=(const counter&) = delete;
  ~counter() { numbers::give_back(detail::counter_cells::number(at_)); }

  // Adds n, which may be negative.
  void add(std::int64_t n = 1) noexcept {
    detail::counter_cells::cell* const own = detail::counter_cells::own(at_);
    if (own == nullptr) [[unlikely]]
      return detail::sync::rarely<&counter::get_cell_and_add>(this, n);
    detail::sync::add_as_only_writer(*own, static_cast<std::uint64_t>(n));
  }
  void operator+=(std::int64_t n) noexcept { add(n); }
  void operator++() noexcept { add(); }

  // The sum of all adds that happened before, and of some of those under way.
  std::int64_t load() const noexcept {
    const std::uint64_t taken = taken_.load(detail::sync::acquire);  // acquire taken
    return static_cast<std::int64_t>(detail::counter_cells::sum(at_) - taken);
  }

  // Sets the counter to `value` and returns what it was.
  std::int64_t exchange(std::int64_t value) noexcept {
    std::uint64_t taken = taken_.load(detail::sync::acquire);  // acquire taken
    for (;;) {
      const std::uint64_t sum = detail::counter_cells::sum(at_);
      if (taken_.compare_exchange_weak(taken, sum - static_cast<std::uint64_t>(value),
                                       detail::sync::acq_rel,   // acq_rel taken
                                       detail::sync::acquire))  // acquire taken: and read the cells again
        return static_cast<std::int64_t>(sum - taken);
    }
  }

  // Sets the counter to zero.
  void reset() noexcept { exchange(0); }

 private:
  void get_cell_and_add(std::int64_t n) noexcept {
    if (detail::counter_cells::cell* const own = detail::counter_cells::get_own(at_)) {
      detail::sync::add_as_only_writer(*own, static_cast<std::uint64_t>(n));
    } else {
      // relaxed: a read-modify-write, so it continues the release sequence of the last exchange
      taken_.fetch_sub(static_cast<std::uint64_t>(n), detail::sync::relaxed);
    }
  }

  using numbers = detail::index_pool<detail::counter_cells>;

  detail::counter_cells::address at_;          // of this counter's cell among each thread's
  detail::sync::atomic<std::uint64_t> taken_;  // the sum of the cells at which the counter is zero
};

}  // namespace PLAIT_NAMESPACE
