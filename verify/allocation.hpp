// SPDX-License-Identifier: MIT
// Memory as a scenario sees it. Inside an execution, new and delete go to an arena, whose bytes are handed
// out again only if the execution asks for that (heap.hpp), so that a use after free, a double free and a
// leak can be told from luck; the arena is emptied when the execution is over, whatever state its threads
// were left in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace verify::detail {

// The checker's own containers: they may grow inside an execution without being taken for the scenario's.
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

  // Null when the allocation that was to fail is this one.
  void* allocate(std::size_t size, std::size_t alignment);
  // The freed block is there again. Null as well.
  void* reuse(block& freed) noexcept;
  // Is this an address inside the arena, in whatever execution it was handed out?
  bool owns(const void* memory) const noexcept;
  // The block of this execution that begins there; null if none does.
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
  list<block*> blocks_;      // of all blocks, in the order of their making
  std::size_t current_ = 0;  // the chunk that is being filled
  std::size_t used_ = 0;     // bytes of it
  unsigned allocations_ = 0;
  unsigned live_ = 0;
  unsigned fail_at_ = 0;
};

// While one of these lives, new is the ordinary one: for the checker's own work inside an execution.
class untracked {
 public:
  untracked() noexcept { ++depth_; }
  ~untracked() { --depth_; }
  untracked(const untracked&) = delete;
  untracked& operator=(const untracked&) = delete;

  static bool active() noexcept { return depth_ != 0; }

 private:
  static inline unsigned depth_ = 0;
};

}  // namespace verify::detail
