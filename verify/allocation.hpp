// SPDX-License-Identifier: MIT
// The memory of a scenario. Inside an execution, new and delete go to an arena, whose bytes are reused only if
// the execution asks for that (heap.hpp), so that every use after free, double free and leak is found. The
// arena is emptied when the execution is over, whatever state its threads were left in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace verify::detail {

// The allocator of the checker's own containers, which may grow inside an execution: the checker does not take
// their memory for the scenario's.
template <class T>
struct untracked_allocator {
  using value_type = T;

  untracked_allocator() = default;
  template <class Other>
  untracked_allocator(const untracked_allocator<Other>&) noexcept {}

  T* allocate(std::size_t count) {
    if (void* memory = std::malloc(count * sizeof(T))) return static_cast<T*>(memory);
    throw std::bad_alloc();
  }
  void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }
  bool operator==(const untracked_allocator&) const = default;
};

template <class T>
using list = std::vector<T, untracked_allocator<T>>;

class arena {
 public:
  struct block {
    std::size_t size;
    bool freed;
  };

  // Null if this is the allocation that is to fail.
  void* allocate(std::size_t size, std::size_t alignment);
  // Makes a freed block alive again. Null as above.
  void* reuse(block& freed) noexcept;
  // Whether the address is inside the arena, allocated in any execution.
  bool owns(const void* memory) const noexcept;
  // The block of this execution that begins at that address; null if there is none.
  block* find(std::uintptr_t address) noexcept;

  // Forgets every block. The fail_at-th allocation from now on fails (0: none).
  void reset(unsigned fail_at) noexcept;

  unsigned allocations() const noexcept { return allocations_; }
  unsigned live_blocks() const noexcept { return live_; }
  void mark_freed(block& freed) noexcept;

 private:
  struct chunk {
    std::byte* begin;
    std::size_t size;
  };
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

  list<chunk> chunks_;
  list<block*> blocks_;      // all blocks, oldest first
  std::size_t current_ = 0;  // the chunk from which blocks are allocated
  std::size_t used_ = 0;     // bytes of that chunk
  unsigned allocations_ = 0;
  unsigned live_ = 0;
  unsigned fail_at_ = 0;
};

// During its lifetime, new is the ordinary one: for the checker's own work inside an execution.
class untracked {
 public:
  untracked() noexcept { ++depth_; }
  ~untracked() { --depth_; }
  untracked(const untracked&) = delete;
  untracked& operator=(const untracked&) = delete;

  static bool active() noexcept { return depth_ != 0; }
  // Those that live are left by a jump.
  static void forget() noexcept { depth_ = 0; }

 private:
  static inline unsigned depth_ = 0;
};

}  // namespace verify::detail
