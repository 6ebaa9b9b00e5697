// SPDX-License-Identifier: MIT
#include "allocation.hpp"

#include <algorithm>
#include <functional>

#include "execution.hpp"

namespace verify::detail {

void* arena::allocate(std::size_t size, std::size_t alignment) {
  if (++allocations_ == fail_at_) return nullptr;
  alignment = std::max(alignment, alignof(std::max_align_t));
  // The block's header is right before it, and a gap after it separates it from the next block.
  const std::size_t needed = sizeof(block) + alignment + size + alignof(std::max_align_t);
  while (current_ != chunks_.size() && chunks_[current_].size - used_ < needed) {
    ++current_;
    used_ = 0;
  }
  if (current_ == chunks_.size()) {
    const std::size_t bytes = std::max(chunk_bytes, needed);
    auto* begin = static_cast<std::byte*>(std::malloc(bytes));
    if (begin == nullptr) return nullptr;
    chunks_.push_back({begin, bytes});
  }
  std::byte* const free = chunks_[current_].begin + used_;
  void* start = free + sizeof(block);
  std::size_t space = needed;
  std::align(alignment, size, start, space);
  blocks_.push_back(std::construct_at(static_cast<block*>(start) - 1, block{size, false}));
  used_ = static_cast<std::size_t>(static_cast<std::byte*>(start) - chunks_[current_].begin) +
          std::max<std::size_t>(size, 1);
  used_ = (used_ + alignof(block) - 1) / alignof(block) * alignof(block);
  ++live_;
  return start;
}

void* arena::reuse(block& freed) noexcept {
  if (++allocations_ == fail_at_) return nullptr;
  freed.freed = false;
  ++live_;
  return &freed + 1;
}

bool arena::owns(const void* memory) const noexcept {
  const auto* const at = static_cast<const std::byte*>(memory);
  return std::ranges::any_of(chunks_, [at](const chunk& each) {
    return !std::less<>()(at, each.begin) && std::less<>()(at, each.begin + each.size);
  });
}

arena::block* arena::find(std::uintptr_t address) noexcept {
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(), [address](const block* each) {
    return reinterpret_cast<std::uintptr_t>(each + 1) == address;
  });
  return found != blocks_.rend() ? *found : nullptr;
}

void arena::reset(unsigned fail_at) noexcept {
  blocks_.clear();
  current_ = 0;
  used_ = 0;
  allocations_ = 0;
  live_ = 0;
  fail_at_ = fail_at;
}

void arena::mark_freed(block& freed) noexcept {
  freed.freed = true;
  --live_;
}

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
  void* memory = nullptr;
  if (execution* const now = execution::current(); now != nullptr && !untracked::active()) {
    memory = now->allocate(size, alignment);
  } else {
    memory = alignment <= alignof(std::max_align_t)
                 ? std::malloc(std::max<std::size_t>(size, 1))
                 : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  }
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void deallocate(void* memory, const void* return_address) noexcept {
  if (memory == nullptr) return;
  if (!heap::blocks().owns(memory)) {
    std::free(memory);
  } else if (execution* const now = execution::current()) {
    now->deallocate(memory, return_address);
  }  // otherwise its execution is over, and the memory was taken back then
}

}  // namespace
}  // namespace verify::detail

// The array and nothrow forms of the standard library call these.
void* operator new(std::size_t size) {
  return verify::detail::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return verify::detail::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  verify::detail::deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, std::size_t) noexcept {
  verify::detail::deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, std::align_val_t) noexcept {
  verify::detail::deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  verify::detail::deallocate(memory, __builtin_return_address(0));
}
