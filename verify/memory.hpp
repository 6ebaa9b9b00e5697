// SPDX-License-Identifier: MIT
// The C++20 memory model as an abstract machine: every atomic keeps all the values it ever had, and a load may
// return any of them that the rules do not forbid.
//
// What is modelled, in the words of [intro.races] and [atomics.order]:
//   coherence            a thread never reads backwards, nor behind what happens before it
//   synchronizes-with    release store -> acquire load, through release sequences as C++20 has them:
//                        read-modify-writes continue one, a plain store by the same thread does not
//   fences               acquire and release fences, by what relaxed accesses leave behind for them
//   seq_cst              some order S of all seq_cst accesses and fences exists (seq_cst_order.hpp); it need
//                        not be the order in which they are executed
//
// Two things that the standard allows do not happen here: the modification order of each atomic is the order
// in which its stores are executed (so the weak outcome of 2+2W is impossible), and no load returns a store
// that is executed later (no load buffering). All other executions of C++20 are shown, and no others: in the
// terms of tests/support/axioms.hpp, those in which program order, reads-from and modification order together
// have no cycle.
#pragma once

#include <array>
#include <atomic>  // std::memory_order alone
#include <cstdint>
#include <deque>

#include "allocation.hpp"
#include "seq_cst_order.hpp"
#include "vector_clock.hpp"

namespace verify::detail {

using order = std::memory_order;

constexpr bool acquires(order o) noexcept {
  return o == order::acquire || o == order::consume || o == order::acq_rel || o == order::seq_cst;
}
constexpr bool releases(order o) noexcept {
  return o == order::release || o == order::acq_rel || o == order::seq_cst;
}

// Room for the bytes of any value that an atomic may hold.
using word = std::array<std::uint64_t, 2>;

// One atomic object during one execution.
struct location {
  struct value {
    word bits;
    view released;  // what an acquire that reads this value learns
    unsigned writer;
    // The operations that precede in S all that is coherence-ordered after
    vector_clock before_it;  // accesses to older values,
    vector_clock by_write;   // the write of this one,
    vector_clock by_reads;   // reads of it.
  };
  struct access {
    stamp when;
    std::uint32_t index;  // of the value that was read or written
  };
  struct ordered_access {
    unsigned thread;
    stamp number;  // of the operation, in S
    std::uint32_t index;
  };

  const void* object;    // null once it is destroyed
  std::uint32_t number;  // how a trace names it
  list<value> values;    // in modification order
  vector_clock last_access;
  list<ordered_access> ordered;                    // its seq_cst accesses
  std::array<list<access>, max_threads> accesses;  // by thread: when it first saw something newer
  thread_set accessed_by = 0;                      // the threads that have any
  std::array<std::uint8_t, max_threads> rereads;   // by thread: how often in a row it read the same old value

  const value& newest() const noexcept { return values.back(); }
  std::uint32_t newest_index() const noexcept { return static_cast<std::uint32_t>(values.size()) - 1; }
};

class memory {
 public:
  // Forgets the execution before; thread 0 runs.
  void reset() noexcept;

  // Everything `from` has done happens before what `to` does next: spawn, join, a mutex.
  void order_threads(unsigned from, unsigned to) noexcept;
  view& view_of(unsigned thread) noexcept { return threads_[thread].current; }
  const view& view_of(unsigned thread) const noexcept { return threads_[thread].current; }
  stamp tick(unsigned thread) noexcept { return threads_[thread].current.clock.tick(thread); }
  // Whether a thread has made so many steps that they are no longer told apart: nothing said here counts then.
  bool is_out_of_stamps() const noexcept;

  // An atomic that `thread` has constructed in its step `when`.
  location& create(const void* object, const word& bits, unsigned thread, stamp when);
  std::uint32_t locations() const noexcept { return used_; }
  location& at(std::uint32_t number) noexcept { return locations_[number]; }
  // The atomic at that address, if it has been used; otherwise null.
  location* find(const void* object) noexcept;

  // Whether the construction of the atomic happens before what the thread does now.
  bool is_constructed(const location& of, unsigned thread) const noexcept;

  // The oldest value that a load may return; it may return any from there to the newest.
  std::uint32_t oldest_readable(const location& from, unsigned thread, order o) const noexcept;

  void read(location& from, std::uint32_t index, unsigned thread, order o);
  void write(location& to, const word& bits, unsigned thread, order o);
  // A read-modify-write: reads the newest value and replaces it.
  void replace(location& at, const word& bits, unsigned thread, order o);

  void fence(unsigned thread, order o);
  // A seq_cst fence in each of the first `threads` threads, all between two fences of the caller.
  void process_wide_fence(unsigned caller, unsigned threads);

 private:
  struct thread_views {
    view current;
    view acquired;  // by relaxed loads: an acquire fence makes it current
    view released;  // current at the last release fence: relaxed stores carry it
  };

  // The operations that precede in S the thread's next access, if that has this order, or a fence that happens
  // before it.
  vector_clock ordered_before(unsigned thread, order o) const noexcept;
  // The newest value, but not older than `oldest`, that is known to one who knows of these steps.
  static std::uint32_t newest_known(const location& of, const vector_clock& known,
                                    std::uint32_t oldest) noexcept;
  [[gnu::always_inline]] inline void note_access(location& at, std::uint32_t index, bool writes,
                                                 unsigned thread, order o);
  void ordered_fence(unsigned thread, vector_clock after);
  inline void append(location& to, const word& bits, unsigned thread);
  void keep_order(const location& at, unsigned thread, order o) noexcept;
  void put_before_what_is_newer(const vector_clock& sources, const location& than, std::uint32_t index);

  std::array<thread_views, max_threads> threads_;
  seq_cst_order order_;
  std::deque<location, untracked_allocator<location>> locations_;
  std::array<std::uint64_t, 16> places_{};  // a filter of hashed addresses: most lookups find nothing
  std::uint32_t used_ = 0;                  // how many of them belong to this execution
};

}  // namespace verify::detail
