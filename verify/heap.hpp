// SPDX-License-Identifier: MIT
// What one execution has on the heap: blocks from new until delete, with what is wrong about their end, and the
// objects that belong to a thread or to the process.
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
  unsigned writer;  // the last one, be it by construction or destruction
  stamp written;
  vector_clock reads;

  // A thread of whose access these steps know nothing; max_threads if there is none.
  unsigned unordered_access(const vector_clock& known, bool reads_too) const noexcept {
    if (known[writer] < written) return writer;
    return reads_too ? known.first_unknown(reads) : max_threads;
  }
};

class heap {
 public:
  // All executions have the same bytes, one after the other: delete has to know them outside of executions too.
  static arena& blocks() noexcept { return blocks_; }

  void reset(unsigned fail_allocation) noexcept;

  // Null when this is the allocation that has to fail.
  void* allocate(std::size_t size, std::size_t alignment) { return blocks_.allocate(size, alignment); }
  // Ends a block, for a thread that knows of these steps. Returns what is wrong with that; empty if nothing is.
  std::string deallocate(void* block, memory& atomics, const view& current);

  // An allocator may hand out again what was freed, so that a new object has the address of an old one.
  // Whoever gets it comes after whoever freed it: `learns` is told so. Null if there is no such block.
  bool can_reuse(std::size_t size, std::size_t alignment) const noexcept;
  void* reuse(std::size_t size, std::size_t alignment, view& learns);

  // Places for plain data, each of them once for each execution, whatever lives there in turn.
  std::uint32_t number_of_plain(const void* object, bool is_alive);
  plain_record& plain(std::uint32_t number) noexcept { return plain_[number]; }
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
  struct freed_block {
    range place;
    view known;  // to whoever freed it
  };

  list<freed_block>::const_iterator find_reusable(std::size_t size, std::size_t alignment) const noexcept;

  static inline arena blocks_;

  list<freed_block> freed_;  // and not reused
  list<plain_record> plain_;
  list<own_object> own_objects_;
  arena own_memory_;
};

}  // namespace verify::detail
