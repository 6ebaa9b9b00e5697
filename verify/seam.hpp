// SPDX-License-Identifier: MIT
// What code under the checker uses instead of std::atomic, mutexes, the futex, the clock and thread-local
// state. include/plait/detail/sync.hpp uses these names when PLAIT_MODEL=1; your own code can do the same.
// Outside of an execution everything works as plain single-threaded data.
//
// Not modelled: std::stop_token. Request a stop by verify::request_stop(); see scenario.hpp.
#pragma once

#include <atomic>  // std::memory_order alone
#include <bit>
#include <chrono>
#include <climits>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <verify/allocation.hpp>
#include <verify/execution.hpp>

namespace verify::sync {

using std::memory_order;
inline constexpr memory_order relaxed = std::memory_order_relaxed;
inline constexpr memory_order acquire = std::memory_order_acquire;
inline constexpr memory_order release = std::memory_order_release;
inline constexpr memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr memory_order seq_cst = std::memory_order_seq_cst;

namespace detail {

using verify::detail::execution;
using verify::detail::handle;
using verify::detail::location;
using verify::detail::word;

// Equal values give equal words: padding is not part of a value, and C++20 compares values.
template <class T>
word to_word(T value) noexcept {
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(std::addressof(value));
#else
  if constexpr (!std::has_unique_object_representations_v<T> && !std::floating_point<T>)
    if (execution* const now = execution::current())
      now->fail("an atomic has a value with padding, and this compiler cannot tell the one from the other");
#endif
  word bits{};
  std::memcpy(bits.data(), std::addressof(value), sizeof value);
  return bits;
}

template <class T>
T from_word(const word& bits) noexcept {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), bits.data(), sizeof(T));
  return std::bit_cast<T>(bytes);
}

// A load cannot release, and a store cannot acquire: such a call is undefined.
inline void check_load_order(memory_order order, const char* what, const site& where) {
  if (order != release && order != acq_rel) return;
  if (execution* const now = execution::current())
    now->fail(std::string("a ") + what + " cannot have the order " + std::string(to_string(order)) +
                  "; it can be relaxed, acquire or seq_cst",
              &where);
}
inline void check_store_order(memory_order order, const site& where) {
  if (order == relaxed || order == release || order == seq_cst) return;
  if (execution* const now = execution::current())
    now->fail("a store cannot have the order " + std::string(to_string(order)) +
                  "; it can be relaxed, release or seq_cst",
              &where);
}

// The failure order of a compare-exchange that names only one order.
constexpr memory_order of_failure(memory_order success) noexcept {
  if (success == acq_rel) return acquire;
  return success == release ? relaxed : success;
}

}  // namespace detail

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(detail::word),
                "the checker keeps trivially copyable values of at most 16 bytes");

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = sizeof(T) <= sizeof(void*);

  constexpr atomic() noexcept(std::is_nothrow_default_constructible_v<T>) : atomic(T()) {}
  constexpr atomic(T value) noexcept : value_(value) {
    if consteval {
    } else {
      if (detail::execution* const now = detail::execution::current()) handle_ = now->begin_atomic(this);
    }
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  bool is_lock_free() const noexcept { return is_always_lock_free; }

  T load(memory_order order = seq_cst, site where = site::current()) const noexcept {
    detail::check_load_order(order, "load", where);
    detail::execution* const now = detail::execution::current();
    return now != nullptr ? detail::from_word<T>(now->load(here(*now), order, where)) : value_;
  }

  void store(T value, memory_order order = seq_cst, site where = site::current()) noexcept {
    detail::check_store_order(order, where);
    if (detail::execution* const now = detail::execution::current()) {
      now->store(here(*now), detail::to_word(value), order, where);
    } else {
      value_ = value;
    }
  }

  T exchange(T value, memory_order order = seq_cst, site where = site::current()) noexcept {
    return modify([&](T) { return value; }, order, where);
  }

  bool compare_exchange_strong(T& expected, T desired, memory_order success, memory_order failure,
                               site where = site::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, false, where);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order order = seq_cst,
                               site where = site::current()) noexcept {
    return compare_exchange(expected, desired, order, detail::of_failure(order), false, where);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order success, memory_order failure,
                             site where = site::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, true, where);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order order = seq_cst,
                             site where = site::current()) noexcept {
    return compare_exchange(expected, desired, order, detail::of_failure(order), true, where);
  }

  T fetch_add(T value, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::integral<T> || std::floating_point<T>
  {
    return modify([&](T old) { return sum(old, value); }, order, where);
  }
  T fetch_add(std::ptrdiff_t count, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::is_pointer_v<T>
  {
    return modify([&](T old) { return old + count; }, order, where);
  }
  T fetch_sub(T value, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::integral<T> || std::floating_point<T>
  {
    return modify([&](T old) { return difference(old, value); }, order, where);
  }
  T fetch_sub(std::ptrdiff_t count, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::is_pointer_v<T>
  {
    return modify([&](T old) { return old - count; }, order, where);
  }
  T fetch_and(T value, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::integral<T>
  {
    return modify([&](T old) { return static_cast<T>(old & value); }, order, where);
  }
  T fetch_or(T value, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::integral<T>
  {
    return modify([&](T old) { return static_cast<T>(old | value); }, order, where);
  }
  T fetch_xor(T value, memory_order order = seq_cst, site where = site::current()) noexcept
    requires std::integral<T>
  {
    return modify([&](T old) { return static_cast<T>(old ^ value); }, order, where);
  }

  // For the futex and the mutex of this file.
  detail::location& here(detail::execution& now) const noexcept {
    return now.resolve(handle_, this, detail::to_word(value_));
  }

 private:
  // Atomic integers wrap around, signed ones too.
  static T sum(T a, T b) noexcept {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<std::uintmax_t>(a) + static_cast<std::uintmax_t>(b));
    } else {
      return a + b;
    }
  }
  static T difference(T a, T b) noexcept {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<std::uintmax_t>(a) - static_cast<std::uintmax_t>(b));
    } else {
      return a - b;
    }
  }

  template <class Change>
  T modify(Change change, memory_order order, const site& where) noexcept {
    detail::execution* const now = detail::execution::current();
    if (now == nullptr) return std::exchange(value_, change(value_));
    detail::location& at = here(*now);
    const T old = detail::from_word<T>(now->begin_modify(at, where));
    now->end_modify(at, detail::to_word(change(old)), order, where);
    return old;
  }

  bool compare_exchange(T& expected, T desired, memory_order success, memory_order failure,
                        bool may_fail_spuriously, const site& where) noexcept {
    detail::check_load_order(failure, "failed compare-exchange", where);
    const detail::word wanted = detail::to_word(expected);
    if (detail::execution* const now = detail::execution::current()) {
      detail::word found = wanted;
      if (now->compare_exchange(here(*now), found, detail::to_word(desired), success, failure,
                                may_fail_spuriously, where))
        return true;
      expected = detail::from_word<T>(found);
      return false;
    }
    if (detail::to_word(value_) == wanted) {
      value_ = desired;
      return true;
    }
    expected = value_;
    return false;
  }

  T value_;                          // before the execution; outside of any, the value itself
  mutable detail::handle handle_{};  // where the values of this execution are
};

inline void fence(memory_order order, site where = site::current()) noexcept {
  if (detail::execution* const now = detail::execution::current()) now->fence(order, where);
}

// In two steps, so that a second writer's add would be lost in between.
inline void add_as_only_writer(atomic<std::uint64_t>& number, std::uint64_t n,
                               site where = site::current()) noexcept {
  number.store(number.load(relaxed, where) + n, relaxed, where);
}

// No scenario has signal handlers.
inline void signal_fence() noexcept {}

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

template <class T>
class storage {
 public:
  storage() noexcept {}
  ~storage() {
    if (auto* const now = detail::execution::current()) now->end_plain(record_, site::current());
  }
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;

  template <class... Args>
  void construct(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
    if (auto* const now = detail::execution::current()) {
      now->construct_plain(record_, site::current());
    } else {
      record_.alive_outside = true;
    }
  }
  void destroy(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) {
      now->destroy_plain(record_, where);
    } else {
      record_.alive_outside = false;
    }
    std::destroy_at(std::addressof(value_));
  }

  T* place() noexcept { return std::addressof(value_); }
  void was_written_in_place(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) {
      now->construct_plain(record_, where);
    } else {
      record_.alive_outside = true;
    }
  }

  T& write(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) now->write_plain(record_, where);
    return value_;
  }
  const T& read(site where = site::current()) const noexcept {
    if (auto* const now = detail::execution::current()) now->read_plain(record_, where);
    return value_;
  }

 private:
  union {
    T value_;
  };
  mutable verify::detail::plain_handle record_;
};

class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock(site where = site::current()) {
    if (auto* const now = detail::execution::current()) now->lock(holder_.here(*now), where);
  }
  bool try_lock(site where = site::current()) noexcept {
    auto* const now = detail::execution::current();
    return now == nullptr || now->try_lock(holder_.here(*now), where);
  }
  void unlock(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) now->unlock(holder_.here(*now), where);
  }

 private:
  atomic<std::uint64_t> holder_{0};  // the number of the thread that holds it, plus one; 0 if free
};

template <class M>
inline constexpr bool locks_recursively = false;

// No scenario forks, so a mutex that is being destroyed is free.
inline bool is_free(mutex& lock, site where = site::current()) {
  lock.lock(where);
  lock.unlock(where);
  return true;
}

// A clock that moves a little whenever it is read or a thread pauses, and to a deadline when no thread can
// continue otherwise.
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock, duration>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    auto* const now = detail::execution::current();
    return time_point(duration(now != nullptr ? now->now() : 0));
  }
  static time_point recently() noexcept { return now(); }
};

inline void pause(site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->step_aside("pause", where);
}
inline void yield(site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->step_aside("yield", where);
}

inline unsigned processor_count() noexcept {
  auto* const now = detail::execution::current();
  return now != nullptr ? now->processors() : 1;
}

inline void prefetch(const void* /*address*/) noexcept {}
inline void prefetch_to_read(const void* /*address*/) noexcept {}
inline void prefetch_for_write(const void* /*address*/, std::size_t /*ahead*/) noexcept {}

inline void discard_pages(void* /*bytes*/, std::size_t /*count*/) noexcept {}

template <auto Function, class... Args>
decltype(auto) rarely(Args... args) {
  return std::invoke(Function, args...);
}

constexpr std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

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

// Scenarios have traces of their own.
inline int call_stack(void** /*addresses*/, int /*most*/) noexcept {
  return 0;
}
inline std::string demangled(const char* symbol) {
  return symbol;
}
struct code_place {
  std::uintptr_t address = 0;
  std::string file = {};
  std::uintptr_t in_file = 0;
  std::string function = {};
  std::uintptr_t in_function = 0;
};
inline code_place place_of(void* /*return_address*/) {
  return {};
}
inline std::string thread_name() {
  return {};
}

enum class futex_result { woken, timed_out };

inline futex_result futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                               const clock::time_point* deadline, site where = site::current()) noexcept {
  auto* const now = detail::execution::current();
  if (now == nullptr) return futex_result::woken;
  const auto until = deadline != nullptr ? deadline->time_since_epoch().count() : verify::detail::no_deadline;
  const detail::execution::sleeping_place place{word.here(*now), detail::to_word(expected)};
  return now->sleep(std::span(&place, 1), until, where) ? futex_result::woken : futex_result::timed_out;
}

// A futex wait sleeps only while each word holds the value expected of it.
struct futex_expectation {
  const atomic<std::uint32_t>& word;
  std::uint32_t expected;
};
inline futex_result futex_wait_any(std::span<const futex_expectation> all, const clock::time_point* deadline,
                                   site where = site::current()) noexcept {
  auto* const now = detail::execution::current();
  if (now == nullptr) return futex_result::woken;
  const auto until = deadline != nullptr ? deadline->time_since_epoch().count() : verify::detail::no_deadline;
  using place = detail::execution::sleeping_place;
  std::vector<place, verify::detail::untracked_allocator<place>> places;
  for (const auto& [word, expected] : all) places.push_back({word.here(*now), detail::to_word(expected)});
  return now->sleep(places, until, where) ? futex_result::woken : futex_result::timed_out;
}

inline constexpr int every_sleeper = INT_MAX;

inline void futex_wake(const atomic<std::uint32_t>& word, int count, site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->wake(word.here(*now), count, where);
}

// Asked for while the word is certain to be there; for the wake it may be gone, and then wakes nobody.
using futex_place = detail::location*;

inline futex_place place_of(const atomic<std::uint32_t>& word) noexcept {
  auto* const now = detail::execution::current();
  return now != nullptr ? &word.here(*now) : nullptr;
}

inline void futex_wake_at(futex_place place, int count, site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->wake_if_there(*place, count, where);
}

inline std::uint64_t futex_calls() noexcept {
  return 0;
}

// A file descriptor that is readable from set() to clear(). What poll() would be for it, a scenario does by its
// native handle.
class settable_descriptor {
 public:
  using native_handle_type = const settable_descriptor*;

  void set() noexcept {
    readable_.exchange(1);
    futex_wake(readable_, every_sleeper);
  }
  void clear() noexcept { readable_.exchange(0); }
  void wait_until_readable() const noexcept {
    while (readable_.load() == 0) futex_wait(readable_, 0, nullptr);
  }
  bool is_readable() const noexcept { return readable_.load() != 0; }
  native_handle_type native_handle() const noexcept { return this; }

 private:
  atomic<std::uint32_t> readable_{0};
};

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
