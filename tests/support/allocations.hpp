// SPDX-License-Identifier: MIT
// Replaces operator new and delete in the test program that includes it (in one source file), so that a test
// can count what a thread allocates and make allocations fail. ThreadSanitizer's own cannot be replaced: there
// PLAIT_COUNTS_ALLOCATIONS is 0, and tests of one thread's allocations are left out.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

#include "support/sanitizer.hpp"

#define PLAIT_COUNTS_ALLOCATIONS !PLAIT_UNDER_TSAN
#if PLAIT_COUNTS_ALLOCATIONS

namespace allocations {

inline thread_local std::ptrdiff_t bytes_held = 0;         // taken by this thread, less what it gave back
inline std::atomic<std::ptrdiff_t> bytes_held_by_all = 0;  // the same, by all threads
inline thread_local std::size_t calls = 0;                 // of operator new
inline thread_local std::size_t until_failure = 0;  // if not 0: the call that many calls from now on throws

inline void count(std::ptrdiff_t bytes) noexcept {
  bytes_held += bytes;
  bytes_held_by_all += bytes;
}

[[gnu::noinline]] inline void* allocate(std::size_t size, std::size_t alignment) noexcept {
  ++calls;
  const bool fails = until_failure == 1;
  if (until_failure != 0) --until_failure;
  if (fails) return nullptr;
  void* const memory =
      std::aligned_alloc(alignment, std::max<std::size_t>(1, (size + alignment - 1) / alignment) * alignment);
  if (memory != nullptr) count(static_cast<std::ptrdiff_t>(malloc_usable_size(memory)));
  return memory;
}

inline void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Out of line: the compiler would warn of a free() that it sees paired with a new-expression.
[[gnu::noinline]] inline void release(void* memory) noexcept {
  if (memory != nullptr) count(-static_cast<std::ptrdiff_t>(malloc_usable_size(memory)));
  std::free(memory);
}

}  // namespace allocations

// All forms are replaced, because a sanitizer's own forms cannot be mixed with these.
// NOLINTBEGIN
void* operator new(std::size_t n) {
  return allocations::checked(allocations::allocate(n, alignof(std::max_align_t)));
}
void* operator new[](std::size_t n) {
  return operator new(n);
}
void* operator new(std::size_t n, std::align_val_t a) {
  return allocations::checked(allocations::allocate(n, static_cast<std::size_t>(a)));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return operator new(n, a);
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return allocations::allocate(n, alignof(std::max_align_t));
}
void* operator new[](std::size_t n, const std::nothrow_t& t) noexcept {
  return operator new(n, t);
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocations::allocate(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
  return operator new(n, a, t);
}
void operator delete(void* p) noexcept {
  allocations::release(p);
}
void operator delete[](void* p) noexcept {
  allocations::release(p);
}
void operator delete(void* p, std::size_t) noexcept {
  allocations::release(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  allocations::release(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  allocations::release(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  allocations::release(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  allocations::release(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  allocations::release(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
  allocations::release(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  allocations::release(p);
}
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  allocations::release(p);
}
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  allocations::release(p);
}
// NOLINTEND

#endif
