// SPDX-License-Identifier: MIT
// What a structure of plait uses on simulated processors: include/plait/detail/sync.hpp takes its names from
// here when PLAIT_SIMULATE=1. Outside of a simulation's threads everything is plain data, and costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <type_traits>
#include <utility>

#include <simulate/atomic.hpp>
#include <simulate/futex.hpp>
#include <simulate/mutex.hpp>

#include <verify/seam_in_common.hpp>

namespace simulate::sync {

using simulate::atomic;
using simulate::clock;
using simulate::mutex;

using verify::seam_in_common::call_stack;
using verify::seam_in_common::code_place;
using verify::seam_in_common::demangled;
using verify::seam_in_common::discard_pages;
using verify::seam_in_common::folded_product;
using verify::seam_in_common::place_of;
using verify::seam_in_common::populate_pages;
using verify::seam_in_common::rarely;
using verify::seam_in_common::signal_fence;
using verify::seam_in_common::thread_name;

using std::memory_order;
inline constexpr memory_order relaxed = std::memory_order_relaxed;
inline constexpr memory_order acquire = std::memory_order_acquire;
inline constexpr memory_order release = std::memory_order_release;
inline constexpr memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr memory_order seq_cst = std::memory_order_seq_cst;

inline constexpr bool has_assertions = false;

inline void add_as_only_writer(atomic<std::uint64_t>& number, std::uint64_t n) noexcept {
  number.store(number.load(relaxed) + n, relaxed);
}

inline void light_fence() noexcept {}
constexpr bool light_fence_is_free() noexcept {
  return true;
}
inline void free_light_fence() noexcept {}
inline void process_wide_fence() noexcept {
  if (simulation* const now = simulation::running()) now->process_wide_fence();
}

// Data between threads: it lies in lines, too. Other plain data is free.
template <class T>
class storage {
 public:
  storage() noexcept {}
  ~storage() {}
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;

  template <class... Args>
  void construct(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    stored();
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
  }
  void destroy() noexcept { std::destroy_at(std::addressof(value_)); }

  T* place() noexcept { return std::addressof(value_); }
  void was_written_in_place() noexcept { stored(); }

  T& write() noexcept {
    stored();
    return value_;
  }
  const T& read() const noexcept {
    if (simulation* const now = simulation::running()) now->load_range(std::addressof(value_), sizeof(T));
    return value_;
  }

 private:
  void stored() noexcept {
    if (simulation* const now = simulation::running()) now->store_range(std::addressof(value_), sizeof(T));
  }

  union {
    T value_;
  };
};

template <class M>
inline constexpr bool locks_recursively = false;
template <class M>
inline constexpr bool is_of_the_standard = std::is_same_v<M, mutex>;

constexpr bool is_child_of_fork() noexcept {
  return false;
}
inline bool is_free(mutex& lock) noexcept {
  if (!lock.try_lock()) return false;
  lock.unlock();
  return true;
}

inline void pause() noexcept {
  if (simulation* const now = simulation::running()) now->pause();
}
inline void yield() noexcept {
  if (simulation* const now = simulation::running()) now->yield();
}
inline void offer_processor() noexcept {
  yield();
}

inline unsigned processor_count() noexcept {
  const simulation* const all = simulation::current();
  return all != nullptr ? all->cores() : 1;
}

// None, since no thread of a simulation needs another one to yield: each has a core.
constexpr clock::duration program_time() noexcept {
  return {};
}

inline void prefetch(const void* address) noexcept {
  if (simulation* const now = simulation::running()) now->prefetch(address, true);
}
inline void prefetch_to_read(const void* address) noexcept {
  if (simulation* const now = simulation::running()) now->prefetch(address, false);
}
inline void prefetch_for_write(const void* address, std::size_t ahead) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a number again at once
  prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(address) + ahead));
}

// The same numbers in every run of a program.
inline std::uint64_t random_number() noexcept {
  static std::mt19937_64 numbers;  // NOLINT(bugprone-random-generator-seed): on purpose
  return numbers();
}

constexpr int attempts(int count) noexcept {
  return count;
}
constexpr std::size_t sized(std::size_t native, std::size_t /*modelled*/) noexcept {
  return native;
}

template <class T>
T& per_thread() noexcept {
  static_assert(std::is_trivially_destructible_v<T>);
  static constinit T outside{};
  simulation* const now = simulation::running();
  if (now == nullptr) return outside;
  return *static_cast<T*>(
      now->own(&outside, sizeof(T), [](void* memory) { std::construct_at(static_cast<T*>(memory)); }));
}

template <class T>
T& per_process() noexcept(std::is_nothrow_default_constructible_v<T>) {
  alignas(T) static std::byte room[sizeof(T)];
  static T& value = *std::construct_at(reinterpret_cast<T*>(room));
  return value;
}

template <void (*Before)(), void (*After)(), void (*AfterInChild)() = After>
void around_fork() {}

template <void (*Hook)() noexcept>
void at_thread_exit() {
  if (simulation* const now = simulation::running()) now->at_thread_exit(Hook);
}

}  // namespace simulate::sync
