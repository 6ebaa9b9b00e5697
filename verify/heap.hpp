// SPDX-License-Identifier: MIT
// The heap of one execution: blocks from new to delete, wrong deletes and leaks, and the objects that belong to
// a thread or to the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "allocation.hpp"
#include "memory.hpp"
#include "vector_clock.hpp"

namespace verify::detail {

// The history of a place for plain data, for the detection of races.
struct plain_record {
  const void* object;
  bool alive;
  unsigned writer;  // the thread that last wrote, constructed or destroyed
  stamp written;
  vector_clock reads;

  // A thread whose access does not happen before these steps; max_threads if there is none.
  unsigned unordered_access(const vector_clock& known, bool reads_too) const noexcept {
    if (known[writer] < written) return writer;
    return reads_too ? known.first_unknown(reads) : max_threads;
  }
};

class heap {
 public:
  // The same arena for all executions, because delete must recognise its memory outside of executions too.
  static arena& blocks() noexcept { return blocks_; }

  void reset(unsigned fail_allocation) noexcept;

  // Null if this is the allocation that is to fail.
  void* allocate(std::size_t size, std::size_t alignment) { return blocks_.allocate(size, alignment); }
  // Frees a block in a thread for which `current` happened before. Returns what is wrong with that, if
  // anything.
  struct wrong_free {
    const char* what;               // null: nothing is wrong; empty: nothing orders ...
    const void* used = nullptr;     // ... the use of this object ...
    unsigned thread = max_threads;  // ... by this thread before the free.
  };
  wrong_free deallocate(void* block, memory& atomics, const view& current);
  std::size_t size_of(const void* block) noexcept {
    return blocks_.find(reinterpret_cast<std::uintptr_t>(block))->size;
  }

  // An allocator may reuse a freed block, so that a new object has the address of an old one. The free happens
  // before the allocation that reuses it, so `learns` acquires it. Null if there is no such block.
  bool can_reuse(std::size_t size, std::size_t alignment) const noexcept;
  void* reuse(std::size_t size, std::size_t alignment, view& learns);

  // The number of a place for plain data: one in each execution, whatever objects live there in turn.
  std::uint32_t number_of_plain(const void* object, bool is_alive);
  plain_record& plain(std::uint32_t number) noexcept { return plain_[number]; }
  bool is_freed(const void* object) const noexcept;
  unsigned allocations() const noexcept { return blocks_.allocations(); }
  // How many blocks are alive, although no object of a thread or of the process points to them.
  unsigned leaked_blocks(memory& atomics);

  // The objects that code under test has once for each thread, or once for the process.
  struct own_object {
    const void* key;
    unsigned thread;  // max_threads: all of them
    void* object;
    std::size_t size;
    view constructed;
  };
  // Null if it has not been made.
  const own_object* find_own(unsigned thread, const void* key) const noexcept;
  void* room_for_own(std::size_t size, std::size_t alignment) { return own_memory_.allocate(size, alignment); }
  void add_own(const own_object& made) { own_objects_.push_back(made); }

 private:
  struct range {
    const std::byte* begin;
    const std::byte* end;

    bool holds(const void* object) const noexcept;
  };
  struct freed_block {
    range place;
    view known;  // to the thread that freed it
  };

  list<freed_block>::const_iterator find_reusable(std::size_t size, std::size_t alignment) const noexcept;

  static inline arena blocks_;

  list<freed_block> freed_;  // and not reused
  list<plain_record> plain_;
  list<own_object> own_objects_;
  arena own_memory_;
};

}  // namespace verify::detail
