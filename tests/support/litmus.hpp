// SPDX-License-Identifier: MIT
// The memory model of C++20 in examples: each row is a small program with all its outcomes.
//
// The rows are written once for every machine that they run on: verify/ (litmus.model.cpp) and Relacy
// (litmus.relacy.cpp). A machine is a struct that names its
//
//   atomic<T>, plain, mutex           plain is an int that threads share without an atomic: read() and write()
//   relaxed ... seq_cst               memory orders
//   threads(function...)              runs them concurrently and returns when all have ended
//   fence(order), process_wide_fence()
//
// Names as in the literature: SB store buffering, MP message passing, LB load buffering, IRIW independent
// reads of independent writes, WRC write-to-read causality, RWC read-to-write causality, Co.. coherence.
#pragma once

#include <functional>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

struct litmus {
  std::string name;
  std::string seen;        // exactly these; "race" alone: undefined
  std::string also_legal;  // C++ allows these too; verify/memory.hpp says why the checker never shows them
  std::function<std::string()> program;
};

inline std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

template <class... Values>
std::string outcome(Values... values) {
  return (... + std::to_string(values));
}

// Names the outcome in question, in rows that have too many to list.
inline std::string weak_if(bool weak) {
  return weak ? "weak" : "strong";
}

template <class Machine>
std::vector<litmus> litmus_rows() {
  using cell = typename Machine::template atomic<int>;
  using pointer = typename Machine::template atomic<cell*>;
  using plain = typename Machine::plain;
  using mutex = typename Machine::mutex;
  constexpr auto relaxed = Machine::relaxed;
  constexpr auto acquire = Machine::acquire;
  constexpr auto release = Machine::release;
  constexpr auto acq_rel = Machine::acq_rel;
  constexpr auto seq_cst = Machine::seq_cst;
  static constexpr auto threads = [](auto... functions) { Machine::threads(functions...); };
  static constexpr auto fence = [](auto order) { Machine::fence(order); };
  static constexpr auto process_wide_fence = [] { Machine::process_wide_fence(); };

  return {
      // -- store buffering: may both threads miss the other's store? --
      {"SB_relaxed", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), a = y.load(relaxed); },
                 [&] { y.store(1, relaxed), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_release_acquire", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, release), a = y.load(acquire); },
                 [&] { y.store(1, release), b = x.load(acquire); });
         return outcome(a, b);
       }},
      {"SB_seq_cst", "01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, seq_cst), a = y.load(seq_cst); },
                 [&] { y.store(1, seq_cst), b = x.load(seq_cst); });
         return outcome(a, b);
       }},
      {"SB_seq_cst_stores_relaxed_loads", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, seq_cst), a = y.load(relaxed); },
                 [&] { y.store(1, seq_cst), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_seq_cst_exchange_relaxed_loads", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.exchange(1, seq_cst), a = y.load(relaxed); },
                 [&] { y.exchange(1, seq_cst), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_one_side_seq_cst", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, seq_cst), a = y.load(seq_cst); },
                 [&] { y.store(1, release), b = x.load(acquire); });
         return outcome(a, b);
       }},
      {"SB_seq_cst_fences", "01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), fence(seq_cst), a = y.load(relaxed); },
                 [&] { y.store(1, relaxed), fence(seq_cst), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_acq_rel_fences", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), fence(acq_rel), a = y.load(relaxed); },
                 [&] { y.store(1, relaxed), fence(acq_rel), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_one_fence", "00 01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), fence(seq_cst), a = y.load(relaxed); },
                 [&] { y.store(1, relaxed), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_fence_against_seq_cst_accesses", "01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), fence(seq_cst), a = y.load(relaxed); },
                 [&] { y.store(1, seq_cst), b = x.load(seq_cst); });
         return outcome(a, b);
       }},
      {"SB_process_wide_fence", "01 10 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), a = y.load(relaxed); },
                 [&] { y.store(1, relaxed), process_wide_fence(), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"SB_through_read_modify_writes", "01 10 11", "00",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), a = y.fetch_add(0, relaxed); },
                 [&] { y.store(1, relaxed), b = x.fetch_add(0, relaxed); });
         return outcome(a, b);
       }},

      // -- message passing: flag seen, then data --
      {"MP_relaxed", "00 01 10 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, relaxed); },
                 [&] { a = flag.load(relaxed), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_release_acquire", "00 01 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release); },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_only_release", "00 01 10 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release); },
                 [&] { a = flag.load(relaxed), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_only_acquire", "00 01 10 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, relaxed); },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_seq_cst_flag", "00 01 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, seq_cst); },
                 [&] { a = flag.load(seq_cst), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_seq_cst_but_for_the_load_of_the_flag", "00 01 10 11", "",
       [] {
         // Nothing orders the two loads; a seq_cst load may come before the stores in the one order.
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, seq_cst), flag.store(1, seq_cst); },
                 [&] { a = flag.load(relaxed), b = data.load(seq_cst); });
         return outcome(a, b);
       }},
      {"MP_seq_cst_data_relaxed_flag", "00 01 10 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, seq_cst), flag.store(1, relaxed); },
                 [&] { a = flag.load(relaxed), b = data.load(seq_cst); });
         return outcome(a, b);
       }},
      {"MP_seq_cst_stores_and_a_fence_in_the_reader", "00 01 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, seq_cst), flag.store(1, seq_cst); },
                 [&] { a = flag.load(relaxed), fence(seq_cst), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_through_a_thread_that_counts", "strong weak", "",
       [] {
         // plait's task_done(): a count newer than the tail that is read after it.
         cell tail = 0, done = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { tail.fetch_add(1, seq_cst); },
                 [&] { a = tail.load(acquire), done.fetch_add(1, relaxed); },
                 [&] { b = done.load(relaxed), c = tail.load(seq_cst); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},
      {"MP_through_a_thread_that_counts_and_releases", "strong", "",
       [] {
         cell tail = 0, done = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { tail.fetch_add(1, seq_cst); },
                 [&] { a = tail.load(acquire), done.fetch_add(1, release); },
                 [&] { b = done.load(acquire), c = tail.load(seq_cst); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},
      {"MP_fences", "00 01 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), fence(release), flag.store(1, relaxed); },
                 [&] { a = flag.load(relaxed), fence(acquire), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_release_fence_acquire_load", "00 01 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), fence(release), flag.store(1, relaxed); },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_release_store_acquire_fence", "00 01 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release); },
                 [&] { a = flag.load(relaxed), fence(acquire), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_release_fence_too_late", "00 01 10 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, relaxed), fence(release); },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_acquire_fence_too_early", "00 01 10 11", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release); },
                 [&] { fence(acquire), a = flag.load(relaxed), b = data.load(relaxed); });
         return outcome(a, b);
       }},
      {"MP_plain_data_acquired", "0 1", "",
       [] {
         plain data(0);
         cell flag = 0;
         int a = 0;
         threads([&] { data.write(1), flag.store(1, release); },
                 [&] {
                   if (flag.load(acquire) == 1) a = data.read();
                 });
         return outcome(a);
       }},
      {"MP_plain_data_relaxed", "race", "",
       [] {
         plain data(0);
         cell flag = 0;
         int a = 0;
         threads([&] { data.write(1), flag.store(1, relaxed); },
                 [&] {
                   if (flag.load(acquire) == 1) a = data.read();
                 });
         return outcome(a);
       }},
      {"MP_seq_cst_fences_alone_order_no_plain_data", "race", "",
       [] {
         plain data(0);
         threads([&] { data.write(1), fence(seq_cst); }, [&] { fence(seq_cst), data.read(); });
         return outcome(0);
       }},
      {"MP_object_published_relaxed", "race", "",
       [] {
         pointer shared = nullptr;
         cell* made = nullptr;
         int a = 0;
         threads([&] { made = new cell(1), shared.store(made, relaxed); },
                 [&] {
                   if (cell* const found = shared.load(relaxed)) a = found->load(relaxed);
                 });
         delete made;
         return outcome(a);
       }},
      {"MP_object_published_release", "0 1", "",
       [] {
         pointer shared = nullptr;
         cell* made = nullptr;
         int a = 0;
         threads([&] { made = new cell(1), shared.store(made, release); },
                 [&] {
                   if (cell* const found = shared.load(acquire)) a = found->load(relaxed);
                 });
         delete made;
         return outcome(a);
       }},

      // -- load buffering: out of reach of this machine --
      {"LB_relaxed", "00 01 10", "11",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { a = x.load(relaxed), y.store(1, relaxed); },
                 [&] { b = y.load(relaxed), x.store(1, relaxed); });
         return outcome(a, b);
       }},
      {"LB_acquire", "00 01 10", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { a = x.load(acquire), y.store(1, release); },
                 [&] { b = y.load(acquire), x.store(1, release); });
         return outcome(a, b);
       }},

      // -- coherence --
      {"CoRR", "00 01 02 11 12 22", "",
       [] {
         cell x = 0;
         int a = 0, b = 0;
         threads([&] { x.store(1, relaxed), x.store(2, relaxed); },
                 [&] { a = x.load(relaxed), b = x.load(relaxed); });
         return outcome(a, b);
       }},
      {"CoRR_two_readers_agree", "strong", "",
       [] {
         cell x = 0;
         int a = 0, b = 0, c = 0, d = 0;
         threads([&] { x.store(1, relaxed); }, [&] { x.store(2, relaxed); },
                 [&] { a = x.load(relaxed), b = x.load(relaxed); },
                 [&] { c = x.load(relaxed), d = x.load(relaxed); });
         return weak_if(a == 1 && b == 2 && c == 2 && d == 1);
       }},
      {"CoWW", "2", "",
       [] {
         cell x = 0;
         threads([&] { x.store(1, relaxed), x.store(2, relaxed); });
         return outcome(x.load(relaxed));
       }},
      {"CoWR", "1 2", "",
       [] {
         cell x = 0;
         int a = 0;
         threads([&] { x.store(1, relaxed), a = x.load(relaxed); }, [&] { x.store(2, relaxed); });
         return outcome(a);
       }},
      {"CoRW", "01 02 21", "",
       [] {
         cell x = 0;
         int a = 0;
         threads([&] { a = x.load(relaxed), x.store(1, relaxed); }, [&] { x.store(2, relaxed); });
         return outcome(a, x.load(relaxed));
       }},
      {"CoRR_across_threads", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, relaxed); }, [&] { a = x.load(relaxed), y.store(1, release); },
                 [&] { b = y.load(acquire), c = x.load(relaxed); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},

      // -- more than two threads --
      {"IRIW_acquire", "strong weak", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0, d = 0;
         threads([&] { x.store(1, release); }, [&] { y.store(1, release); },
                 [&] { a = x.load(acquire), b = y.load(acquire); },
                 [&] { c = y.load(acquire), d = x.load(acquire); });
         return weak_if(a == 1 && b == 0 && c == 1 && d == 0);
       }},
      {"IRIW_seq_cst", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0, d = 0;
         threads([&] { x.store(1, seq_cst); }, [&] { y.store(1, seq_cst); },
                 [&] { a = x.load(seq_cst), b = y.load(seq_cst); },
                 [&] { c = y.load(seq_cst), d = x.load(seq_cst); });
         return weak_if(a == 1 && b == 0 && c == 1 && d == 0);
       }},
      {"IRIW_acquire_then_seq_cst", "strong weak", "",
       [] {
         // P0668: an acquire does not put a seq_cst store before the seq_cst load that follows it.
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0, d = 0;
         threads([&] { x.store(1, seq_cst); }, [&] { y.store(1, seq_cst); },
                 [&] { a = x.load(acquire), b = y.load(seq_cst); },
                 [&] { c = y.load(acquire), d = x.load(seq_cst); });
         return weak_if(a == 1 && b == 0 && c == 1 && d == 0);
       }},
      {"Z6_U", "strong weak", "",
       [] {
         // P0668: the first store happens before the exchange, which precedes the last store; yet the first
         // need not precede the last in S.
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, seq_cst), y.store(1, release); },
                 [&] { a = y.fetch_add(1, seq_cst), b = y.load(relaxed); },
                 [&] { y.store(3, seq_cst), c = x.load(seq_cst); });
         return weak_if(a == 1 && b == 3 && c == 0);
       }},
      {"Z6_U_handed_on_by_seq_cst", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, seq_cst), y.store(1, seq_cst); },
                 [&] { a = y.fetch_add(1, seq_cst), b = y.load(relaxed); },
                 [&] { y.store(3, seq_cst), c = x.load(seq_cst); });
         return weak_if(a == 1 && b == 3 && c == 0);
       }},
      {"Z6_U_with_a_load", "strong weak", "",
       [] {
         // What a seq_cst load acquires precedes in S what follows the load, but not the load itself.
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { y.store(1, seq_cst), x.store(1, release); },
                 [&] { x.store(2, seq_cst), a = y.load(seq_cst); }, [&] { b = x.load(seq_cst); });
         return weak_if(a == 0 && b == 1 && x.load(relaxed) == 2);
       }},
      {"IRIW_seq_cst_loads_alone", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0, d = 0;
         threads([&] { x.store(1, relaxed); }, [&] { y.store(1, relaxed); },
                 [&] { a = x.load(seq_cst), b = y.load(seq_cst); },
                 [&] { c = y.load(seq_cst), d = x.load(seq_cst); });
         return weak_if(a == 1 && b == 0 && c == 1 && d == 0);
       }},
      {"IRIW_seq_cst_fences", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0, d = 0;
         threads([&] { x.store(1, relaxed); }, [&] { y.store(1, relaxed); },
                 [&] { a = x.load(relaxed), fence(seq_cst), b = y.load(relaxed); },
                 [&] { c = y.load(relaxed), fence(seq_cst), d = x.load(relaxed); });
         return weak_if(a == 1 && b == 0 && c == 1 && d == 0);
       }},
      {"WRC_relaxed", "strong weak", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, relaxed); }, [&] { a = x.load(relaxed), y.store(1, relaxed); },
                 [&] { b = y.load(relaxed), c = x.load(relaxed); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},
      {"WRC_release_acquire", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, release); }, [&] { a = x.load(acquire), y.store(1, release); },
                 [&] { b = y.load(acquire), c = x.load(acquire); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},
      {"ISA2_release_acquire", "strong", "",
       [] {
         cell x = 0, y = 0, z = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, relaxed), y.store(1, release); },
                 [&] { a = y.load(acquire), z.store(1, release); },
                 [&] { b = z.load(acquire), c = x.load(relaxed); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},
      {"ISA2_relaxed_in_the_middle", "strong weak", "",
       [] {
         cell x = 0, y = 0, z = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, relaxed), y.store(1, release); },
                 [&] { a = y.load(relaxed), z.store(1, release); },
                 [&] { b = z.load(acquire), c = x.load(relaxed); });
         return weak_if(a == 1 && b == 1 && c == 0);
       }},
      {"RWC_release_acquire", "strong weak", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, release); }, [&] { a = x.load(acquire), b = y.load(acquire); },
                 [&] { y.store(1, release), c = x.load(acquire); });
         return weak_if(a == 1 && b == 0 && c == 0);
       }},
      {"RWC_seq_cst", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, seq_cst); }, [&] { a = x.load(seq_cst), b = y.load(seq_cst); },
                 [&] { y.store(1, seq_cst), c = x.load(seq_cst); });
         return weak_if(a == 1 && b == 0 && c == 0);
       }},
      {"RWC_seq_cst_fences", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, relaxed); },
                 [&] { a = x.load(relaxed), fence(seq_cst), b = y.load(relaxed); },
                 [&] { y.store(1, relaxed), fence(seq_cst), c = x.load(relaxed); });
         return weak_if(a == 1 && b == 0 && c == 0);
       }},
      {"RWC_fence_handed_on_by_release_acquire", "strong", "",
       [] {
         // The fence of the second thread happens before the load of the third.
         cell x = 0, y = 0, z = 0;
         int a = 0, b = 0, c = 0;
         threads([&] { x.store(1, relaxed), fence(seq_cst), z.store(1, release); },
                 [&] { a = z.load(acquire), b = y.load(relaxed); },
                 [&] { y.store(1, relaxed), fence(seq_cst), c = x.load(relaxed); });
         return weak_if(a == 1 && b == 0 && c == 0);
       }},

      // -- stores against stores --
      {"2_2W_relaxed", "12 21 22", "11",
       [] {
         cell x = 0, y = 0;
         threads([&] { x.store(1, relaxed), y.store(2, relaxed); },
                 [&] { y.store(1, relaxed), x.store(2, relaxed); });
         return outcome(x.load(relaxed), y.load(relaxed));
       }},
      {"2_2W_seq_cst", "12 21 22", "",
       [] {
         cell x = 0, y = 0;
         threads([&] { x.store(1, seq_cst), y.store(2, seq_cst); },
                 [&] { y.store(1, seq_cst), x.store(2, seq_cst); });
         return outcome(x.load(relaxed), y.load(relaxed));
       }},
      {"R_relaxed", "10 11 20 21", "",
       [] {
         cell x = 0, y = 0;
         int a = 0;
         threads([&] { x.store(1, relaxed), y.store(1, relaxed); },
                 [&] { y.store(2, relaxed), a = x.load(relaxed); });
         return outcome(y.load(relaxed), a);
       }},
      {"R_seq_cst", "10 11 21", "",
       [] {
         cell x = 0, y = 0;
         int a = 0;
         threads([&] { x.store(1, seq_cst), y.store(1, seq_cst); },
                 [&] { y.store(2, seq_cst), a = x.load(seq_cst); });
         return outcome(y.load(relaxed), a);
       }},
      {"S_relaxed", "01 02 11", "12",
       [] {
         cell x = 0, y = 0;
         int a = 0;
         threads([&] { x.store(2, relaxed), y.store(1, relaxed); },
                 [&] { a = y.load(relaxed), x.store(1, relaxed); });
         return outcome(a, x.load(relaxed));
       }},
      {"S_release_acquire", "01 02 11", "",
       [] {
         cell x = 0, y = 0;
         int a = 0;
         threads([&] { x.store(2, relaxed), y.store(1, release); },
                 [&] { a = y.load(acquire), x.store(1, relaxed); });
         return outcome(a, x.load(relaxed));
       }},

      // -- release sequences --
      {"RS_continued_by_another_thread_s_read_modify_write", "strong", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release); }, [&] { flag.fetch_add(2, relaxed); },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return weak_if(a == 3 && b == 0);
       }},
      {"RS_ended_by_another_thread_s_store", "strong weak", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release); },
                 [&] {
                   if (flag.load(relaxed) == 1) flag.store(3, relaxed);
                 },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return weak_if(a == 3 && b == 0);
       }},
      {"RS_ended_by_the_same_thread_s_store_since_CXX20", "strong weak", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), flag.store(1, release), flag.store(2, relaxed); },
                 [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return weak_if(a == 2 && b == 0);
       }},
      {"RS_of_a_fence_continued", "strong", "",
       [] {
         cell data = 0, flag = 0;
         int a = 0, b = 0;
         threads([&] { data.store(1, relaxed), fence(release), flag.store(1, relaxed); },
                 [&] { flag.fetch_add(2, relaxed); }, [&] { a = flag.load(acquire), b = data.load(relaxed); });
         return weak_if(a == 3 && b == 0);
       }},

      // -- read-modify-writes --
      {"RMW_adds_are_atomic", "01 10", "",
       [] {
         cell x = 0;
         int a = 0, b = 0;
         threads([&] { a = x.fetch_add(1, relaxed); }, [&] { b = x.fetch_add(1, relaxed); });
         return outcome(a, b);
       }},
      {"RMW_one_compare_exchange_wins", "01 10", "",
       [] {
         cell x = 0;
         bool a = false, b = false;
         threads(
             [&] {
               int old = 0;
               a = x.compare_exchange_strong(old, 1, relaxed);
             },
             [&] {
               int old = 0;
               b = x.compare_exchange_strong(old, 1, relaxed);
             });
         return outcome(a, b);
       }},
      {"RMW_weak_compare_exchange_fails_for_no_reason", "0 1", "",
       [] {
         cell x = 0;
         int old = 0;
         return outcome(x.compare_exchange_weak(old, 1, relaxed));
       }},
      {"RMW_failed_compare_exchange_may_read_old_values", "0 1 2", "",
       [] {
         cell x = 0;
         int seen = 7;
         threads([&] { x.store(1, relaxed), x.store(2, relaxed); },
                 [&] { x.compare_exchange_strong(seen, 9, relaxed); });
         return outcome(seen);
       }},
      {"RMW_reads_the_newest_value", "strong", "",
       [] {
         cell x = 0, y = 0;
         int a = 0, b = 0;
         threads([&] { x.fetch_add(1, relaxed), y.fetch_add(1, relaxed); },
                 [&] { a = y.load(relaxed), b = x.fetch_add(1, relaxed); });
         return weak_if(a == 1 && b == 0);
       }},

      // -- threads and mutexes --
      {"spawn_and_join_order", "12", "",
       [] {
         plain before(1), after(0);
         int a = 0;
         threads([&] { a = before.read(), after.write(2); });
         return outcome(a, after.read());
       }},
      {"mutex_orders", "2", "",
       [] {
         plain sum(0);
         mutex guard;
         const auto add = [&] { guard.lock(), sum.write(sum.read() + 1), guard.unlock(); };
         threads(add, add);
         return outcome(sum.read());
       }},
      {"unguarded_races", "race", "",
       [] {
         plain sum(0);
         const auto add = [&] { sum.write(sum.read() + 1); };
         threads(add, add);
         return outcome(sum.read());
       }},
  };
}
