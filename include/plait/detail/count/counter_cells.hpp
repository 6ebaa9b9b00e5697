// SPDX-License-Identifier: MIT
// The memory of all counters: a cell for each thread and counter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/count/doubling_segments.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/index_pool.hpp>
#include <plait/detail/thread/thread_registry.hpp>
#include <plait/detail/thread/thread_slots.hpp>

namespace PLAIT_NAMESPACE::detail {

// One cell for each thread id and each counter number, for all counters of the process. Only the owner of the
// id writes it.
//
//   thread id 0:  | counter 0 | 1 | 2 | ... | 511 |      | 512 | ... | 1023 |     | 1024 | ...
//   thread id 1:  | counter 0 | 1 | 2 | ... | 511 |
//                   segment 0                              segment 1                segment 2
//
// A thread's cells are contiguous, so many counters share a cache line. A segment consists of whole lines, so
// that a thread shares them with nobody, and with nothing that lies beside them on the heap. It is made when
// its owner first counts in it, and is never moved or freed. Each is as long as all before it together, so a
// few pointers reach every counter, and the 8 bytes for each thread and counter are at most doubled.
//
// Edges:  grown   segments[i]   release in attach -> acquire in sum   the cells as zeroed
class [[gnu::visibility("default")]] counter_cells {
 public:
  using cell = sync::atomic<std::uint64_t>;

  using segments_of_cells = doubling_segments<sync::sized(512, 2)>;
  using address = segments_of_cells::address;

  static constexpr address locate(std::uint32_t number) noexcept { return segments_of_cells::locate(number); }
  static constexpr std::uint32_t number(address at) noexcept { return segments_of_cells::number(at); }

  // The calling thread's cell. Null if it has none yet.
  static cell* own(address at) noexcept {
    cell* const cells = sync::per_thread<attached>().segments[at.segment];
    return cells != nullptr ? &cells[at.offset] : nullptr;
  }

  // The same, made if it does not exist. Null if that is impossible now: there is no memory, or operator new or
  // a signal handler calls this while the thread is getting its cells.
  static cell* get_own(address at) noexcept {
    attached& mine = sync::per_thread<attached>();
    if (mine.is_attaching || thread_registry::is_at_work()) return nullptr;
    mine.is_attaching = true;
    sync::signal_fence();
    cell* own = nullptr;
    try {
      own = attach(mine, at.segment) + at.offset;
    } catch (...) {
      own = nullptr;  // there is no memory or no thread-exit key; the next add tries again
    }
    sync::signal_fence();
    mine.is_attaching = false;
    return own;
  }

  // The sum over all threads. Each cell is read once, at some moment during the call.
  static std::uint64_t sum(address at) {
    std::uint64_t total = 0;
    sync::per_process<thread_slots<segment_table>>().for_each([&](const segment_table& thread) {
      const cell* const cells = thread.segments[at.segment].load(sync::acquire);  // acquire grown
      // relaxed: a cell publishes nothing else; an add that happened before is seen by coherence
      if (cells != nullptr) total += cells[at.offset].load(sync::relaxed);
    });
    return total;
  }

 private:
  static constexpr std::size_t segments_at_most = 24;
  static constexpr std::align_val_t whole_lines{contention_free_distance};

  // A thread id's segments, read by all threads.
  struct segment_table {
    std::array<sync::atomic<cell*>, segments_at_most> segments{};  // null until the id counts in it
  };

  // The calling thread's copy of its id's table, with the segments in which this thread has counted.
  struct attached {
    exit_hook hook{.run = &detach};
    std::array<cell*, segments_at_most> segments{};
    bool is_attaching = false;
  };

  static cell* attach(attached& mine, std::uint32_t segment) {
    thread_registry::before_release(mine.hook);
    sync::atomic<cell*>& shared = sync::per_process<thread_slots<segment_table>>().mine().segments[segment];
    cell* cells = shared.load(sync::relaxed);  // relaxed: written only by owners of this id, one after another
    if (cells == nullptr) {
      cells = new (whole_lines) cell[segments_of_cells::size(segment)]();
      shared.store(cells, sync::release);  // release grown
    }
    return mine.segments[segment] = cells;
  }

  static void detach() noexcept { sync::per_thread<attached>().segments.fill(nullptr); }
};

}  // namespace PLAIT_NAMESPACE::detail
