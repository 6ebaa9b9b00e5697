// SPDX-License-Identifier: MIT
// Part of the seam: processors, pages, and what only extensions of compilers can say.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <plait/detail/sync/atomics.hpp>

namespace plait::detail::sync {

inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

inline void yield() noexcept {
  std::this_thread::yield();
}

// The same, in a loop that ends after some rounds whatever the others do. So the checker, which lets the others
// go on after yield(), shows also what happens if none of them does.
inline void offer_processor() noexcept {
  yield();
}

// Calls `Function`, kept out of the caller's code: for the rare branch of a function that is hot.
template <auto Function, class... Args>
[[gnu::noinline, gnu::cold]] decltype(auto) rarely(Args... args) {
  return std::invoke(Function, args...);
}

inline unsigned count_processors() noexcept {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool is_known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  const unsigned count =
      is_known ? static_cast<unsigned>(CPU_COUNT(&allowed)) : std::thread::hardware_concurrency();
  return count == 0 ? 1 : count;
}

// The number of processors this process may use, at least 1. Read once: an affinity changed later is
// not noticed. No static constant with a guard: a child of fork() may find that half taken, by a thread that is
// not there.
inline unsigned processor_count() noexcept {
  static constinit std::atomic<unsigned> known{0};  // 0: not counted yet
  const unsigned before = known.load(relaxed);      // relaxed: every thread counts the same
  if (before != 0) [[likely]]
    return before;
  const unsigned count = rarely<&count_processors>();
  known.store(count, relaxed);  // relaxed: as above
  return count;
}

// Asks for the cache line at `address`, which will soon be read and written. Any address will do.
inline void prefetch(const void* address) noexcept {
  __builtin_prefetch(address, 1);
}

// The same, to be read only: it leaves the line to other processors, too.
inline void prefetch_to_read(const void* address) noexcept {
  __builtin_prefetch(address, 0);
}

// Fetches the line that lies `ahead` bytes beyond `address`, to be written soon. A hint: any address will do.
inline void prefetch_for_write([[maybe_unused]] const void* address,
                               [[maybe_unused]] std::size_t ahead) noexcept {
#if defined(__x86_64__)
  // NOLINTBEGIN(performance-no-int-to-ptr): a pointer must not leave its array, and this may
  asm volatile("prefetchw %0"
               :
               : "m"(*reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(address) + ahead)));
  // NOLINTEND(performance-no-int-to-ptr)
#elif defined(__aarch64__)
  asm volatile("prfm pstl1keep, [%0]" : : "r"(reinterpret_cast<std::uintptr_t>(address) + ahead));
#endif
}

// What the system is told about the pages that lie within these bytes.
inline void advise_on_pages(void* bytes, std::size_t count, int advice) noexcept {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t before_first = -reinterpret_cast<std::uintptr_t>(bytes) % page;
  if (count < before_first + page) return;
  const std::size_t whole = (count - before_first) / page * page;
  madvise(static_cast<std::byte*>(bytes) + before_first, whole, advice);
}

// Gives these pages back to the system: what is in them is lost, and they take memory again when they are next
// written. Allocators keep the middle of what is freed; so this is done before.
inline void discard_pages(void* bytes, std::size_t count) noexcept {
  advise_on_pages(bytes, count, MADV_DONTNEED);
}

// Takes memory for these pages, which are about to be written: one call instead of a fault for each. Systems
// older than Linux 5.14 refuse it, and then there are the faults.
inline void populate_pages(void* bytes, std::size_t count) noexcept {
  constexpr int populate_write = 23;  // MADV_POPULATE_WRITE, which older headers do not name
  advise_on_pages(bytes, count, populate_write);
}

// The product of two words, its upper half xored with the lower one.
constexpr std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace plait::detail::sync
