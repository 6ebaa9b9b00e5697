// SPDX-License-Identifier: MIT
// What a structure of plait uses under the checker instead of atomics, mutexes, the futex, the clock and
// thread-local state: include/plait/detail/sync.hpp takes its names from here when PLAIT_MODEL=1. Your own
// code is better off with the names of std:: (verify.hpp). Outside of an execution everything works as plain
// single-threaded data.
//
// Not modelled: std::stop_token. Request a stop by verify::request_stop(); see scenario.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <verify/atomic.hpp>
#include <verify/clock.hpp>
#include <verify/execution.hpp>
#include <verify/futex.hpp>
#include <verify/mutex.hpp>
#include <verify/seam_in_common.hpp>
#include <verify/storage.hpp>

namespace verify::sync {

using verify::atomic;
using verify::clock;
using verify::mutex;

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

inline void fence(memory_order order, site where = site::current()) noexcept {
  atomic_thread_fence(order, where);
}

// In two steps, so that a second writer's add would be lost in between.
inline void add_as_only_writer(atomic<std::uint64_t>& number, std::uint64_t n,
                               site where = site::current()) noexcept {
  number.store(number.load(relaxed, where) + n, relaxed, where);
}

// The checker finds misuse by itself.
inline constexpr bool has_assertions = false;

// False: the execution sees a system without membarrier. True at the beginning of each execution.
using verify::detail::has_process_wide_fence;

// A seq_cst fence in every thread of the process at once: Linux' membarrier.
inline void process_wide_fence(site where = site::current()) noexcept {
  if (!has_process_wide_fence) return fence(memory_order::seq_cst, where);
  if (detail::execution* const now = detail::execution::current()) now->process_wide_fence(where);
}

// The counterpart of process_wide_fence() in other threads. Nothing if there is membarrier.
inline void light_fence(site where = site::current()) noexcept {
  if (!has_process_wide_fence) fence(memory_order::seq_cst, where);
}

inline bool light_fence_is_free() noexcept {
  return has_process_wide_fence;
}
inline void free_light_fence() noexcept {}

template <class M>
inline constexpr bool locks_recursively = false;
// So that the place is kept for every mutex: scenarios may be of any.
template <class>
inline constexpr bool is_of_the_standard = false;

// No scenario forks.
constexpr bool is_child_of_fork() noexcept {
  return false;
}

// No scenario forks, so a mutex that is being destroyed is free.
inline bool is_free(mutex& lock, site where = site::current()) {
  lock.lock(where);
  lock.unlock(where);
  return true;
}

inline void pause(site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->step_aside("pause", where);
}
inline void yield(site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->step_aside("yield", where);
}
constexpr void offer_processor() noexcept {}

inline unsigned processor_count() noexcept {
  auto* const now = detail::execution::current();
  return now != nullptr ? now->processors() : 1;
}

// None: the program of a scenario does not have the processors for itself.
constexpr clock::duration program_time() noexcept {
  return {};
}

inline void prefetch(const void* /*address*/) noexcept {}
inline void prefetch_to_read(const void* /*address*/) noexcept {}
inline void prefetch_for_write(const void* /*address*/, std::size_t /*ahead*/) noexcept {}

// A scenario decides nothing by chance.
constexpr std::uint64_t random_number() noexcept {
  return 0;
}

// One attempt is enough: further ones show nothing that another order of the threads does not show.
constexpr int attempts(int /*native*/) noexcept {
  return 1;
}

// A size that is `native` outside of the checker, and here small enough for scenarios to exceed it.
constexpr std::size_t sized(std::size_t /*native*/, std::size_t modelled) noexcept {
  return modelled;
}

template <class T>
T& per_thread() noexcept {
  static_assert(std::is_trivially_destructible_v<T>);
  static constinit T outside{};
  auto* const now = detail::execution::current();
  if (now == nullptr) return outside;
  return *static_cast<T*>(now->own_object(&outside, sizeof(T), alignof(T),
                                          [](void* memory) { std::construct_at(static_cast<T*>(memory)); }));
}

// One for each execution, whatever the number of threads.
template <class T>
T& per_process() noexcept(std::is_nothrow_default_constructible_v<T>) {
  if (auto* const now = detail::execution::current()) {
    static constexpr char key = 0;
    return *static_cast<T*>(now->shared_object(
        &key, sizeof(T), alignof(T), [](void* memory) { std::construct_at(static_cast<T*>(memory)); }));
  }
  static T outside{};
  return outside;
}

// No scenario forks.
template <void (*Before)(), void (*After)(), void (*AfterInChild)() = After>
void around_fork() {}

template <void (*Hook)() noexcept>
void at_thread_exit() {
  if (auto* const now = detail::execution::current()) now->add_exit_hook(Hook);
}

}  // namespace verify::sync
