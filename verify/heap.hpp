// SPDX-License-Identifier: MIT
// What one execution has on the heap: blocks from new until delete, with what is wrong about their end, and the
// objects that belong to a thread or to the process.
#pragma once

#include <cstddef>
#include <string>

#include "allocation.hpp"
#include "memory.hpp"
#include "vector_clock.hpp"

namespace verify::detail {

class heap {
 public:
  // All executions have the same bytes, one after the other: delete has to know them outside of executions too.
  static arena& blocks() noexcept { return blocks_; }

  void reset(unsigned fail_allocation) noexcept;

  // Null when this is the allocation that has to fail.
  void* allocate(std::size_t size, std::size_t alignment) { return blocks_.allocate(size, alignment); }
  // Ends a block, for a thread that knows of these steps. Returns what is wrong with that; empty if nothing is.
  std::string deallocate(void* block, memory& atomics, const vector_clock& known);
  bool is_freed(const void* object) const noexcept;
  unsigned allocations() const noexcept { return blocks_.allocations(); }
  // How many blocks are still alive although no object of a thread or of the process leads to them.
  unsigned leaked_blocks(memory& atomics);

  // The objects that code under test has once for each thread, or once for all.
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

  static inline arena blocks_;

  list<range> freed_;
  list<own_object> own_objects_;
  arena own_memory_;
};

}  // namespace verify::detail
