// SPDX-License-Identifier: MIT
// Names of std:: that the checker does not have. To use one is an error that says what to write instead.
#pragma once

#include <cstddef>
#include <type_traits>

namespace verify {

template <class T>
class atomic_ref {
  static_assert(
      !std::is_same_v<T, T>,
      "the checker has no atomic_ref: make the object itself an atomic<T>, so that no access escapes it");
};

class __attribute__((
    unavailable("the checker has no timed_mutex: write mutex, and a condition_variable with wait_for() "
                "where the deadline matters"))) timed_mutex {};
class __attribute__((
    unavailable("the checker has no recursive_timed_mutex: write recursive_mutex, and a "
                "condition_variable_any with wait_for() where the deadline matters"))) recursive_timed_mutex {};
class __attribute__((
    unavailable("the checker has no shared_timed_mutex: write shared_mutex"))) shared_timed_mutex {};
class __attribute__((unavailable("the checker has no once_flag: write a mutex and a plain<bool>"))) once_flag {
};
class __attribute__((
    unavailable("the checker has no latch: write atomic<int> with wait() and notify_all()"))) latch {};
class __attribute__((
    unavailable("the checker has no binary_semaphore: write mutex and condition_variable, or atomic<int> "
                "with wait() and notify_one()"))) binary_semaphore {};

template <std::ptrdiff_t Most = 0>
class counting_semaphore {
  static_assert(Most != Most,
                "the checker has no counting_semaphore: write a mutex and a condition_variable, or "
                "atomic<int> with wait() and notify_one()");
};
template <class Completion = int>
class barrier {
 public:
  explicit barrier(std::ptrdiff_t, Completion = Completion());

  static_assert(!std::is_same_v<Completion, Completion>,
                "the checker has no barrier: write a mutex and a condition_variable");
};
template <class T>
class future {
  static_assert(!std::is_same_v<T, T>,
                "the checker has no future: write a thread, and join() it for its result");
};
template <class T>
class promise {
  static_assert(!std::is_same_v<T, T>, "the checker has no promise: write a mutex and a condition_variable");
};
template <class T>
class packaged_task {
  static_assert(!std::is_same_v<T, T>, "the checker has no packaged_task: write a thread, and join() it");
};
template <class... Arguments>
void call_once(Arguments&&...) {
  static_assert(sizeof...(Arguments) == ~std::size_t{0},
                "the checker has no call_once: write a mutex and a plain<bool>");
}
template <class... Arguments>
void async(Arguments&&...) {
  static_assert(sizeof...(Arguments) == ~std::size_t{0},
                "the checker has no async: write a thread, and join() it for its result");
}

}  // namespace verify
