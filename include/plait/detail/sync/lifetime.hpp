// SPDX-License-Identifier: MIT
// Part of the seam: what a thread or the process has one of, the end of a thread, and fork().
#pragma once

#include <cstddef>
#include <memory>
#include <system_error>
#include <type_traits>

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

namespace plait::detail::sync {

// What follows is one for each process, or each thread, also where a library is built with -fvisibility=hidden:
// hence the attributes, which the types have as well that these templates are used with.

// This thread's own T, one for each type. T has no constructor to run and none to undo, so that it can
// be reached at any moment of a thread's life, its last destructors included.
template <class T>
[[gnu::visibility("default")]] T& per_thread() noexcept {
  static_assert(std::is_trivially_destructible_v<T>);
  static constinit thread_local T value{};
  return value;
}

// Keeps the shared library in which `address` lies from ever being unloaded. Code for a program itself does
// without: nobody unloads that, and the linker of a static one would warn of dlopen().
inline bool keep_loaded([[maybe_unused]] const void* address) noexcept {
#if defined(__PIC__) && !defined(__PIE__)
  Dl_info found{};
  return dladdr(address, &found) != 0 && found.dli_fname != nullptr &&
         dlopen(found.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
#else
  return true;
#endif
}

// Code that names this variable stays loaded: code that is called when a thread ends, say, since the thread may
// end after a dlclose(). The variable is hidden, so that each library has one of its own. It is initialized
// when the library is loaded: at any later moment the loader's lock may be held by a thread that waits for this
// one.
template <class Owner>
[[gnu::visibility("hidden")]] inline const bool stays_loaded = keep_loaded(&stays_loaded<Owner>);

// Runs `hook` when the calling thread ends, after the destructors of its thread_local objects. A hook
// asked for again while the thread is ending runs again. Threads alive at exit() run none.
// Throws std::system_error when the system has no key or no memory left. One hook for the process.
template <void (*Hook)() noexcept>
[[gnu::visibility("default")]] void at_thread_exit() {
  static const pthread_key_t key = [] {
    pthread_key_t made{};
    if (const int error = pthread_key_create(&made, [](void*) { Hook(); }); error != 0)
      throw std::system_error(error, std::generic_category(), "plait: no thread-exit key left");
    return made;
  }();
  // The value only has to be non-null for the destructor to be called.
  if (const int error = pthread_setspecific(key, &stays_loaded<std::integral_constant<decltype(Hook), Hook>>);
      error != 0)
    throw std::system_error(error, std::generic_category(), "plait: no memory for a thread-exit key");
}

// Whether the compiler can make a T, and nothing has to be done at its end.
template <class T>
concept made_by_the_compiler = std::is_trivially_destructible_v<T> &&
                               requires { typename std::bool_constant<([] { return T{}, true; }())>; };

// The process's one T, made by the compiler or at first use, and never destroyed: the last destructors of a
// program may still reach it. In a child of fork(), a T that another thread was just making is never ready.
template <class T>
[[gnu::visibility("default")]] T& per_process() noexcept(std::is_nothrow_default_constructible_v<T>) {
  if constexpr (made_by_the_compiler<T>) {
    static constinit T value{};
    return value;
  } else {
    alignas(T) static std::byte room[sizeof(T)];
    static T& value = *std::construct_at(reinterpret_cast<T*>(room));
    return value;
  }
}

// Calls `Before` in a thread that forks, and `After` in it and in its copy in the child, or `AfterInChild`
// there: whoever takes a lock in one and drops it in the other has a child that finds the lock free. Only the
// first call counts.
template <void (*Before)(), void (*After)(), void (*AfterInChild)() = After>
[[gnu::visibility("default")]] void around_fork() {
  static const int error = pthread_atfork(Before, After, AfterInChild);
  if (error != 0) throw std::system_error(error, std::generic_category(), "plait: no room for a fork handler");
}

// Whether this process has been made by a fork() since it began: then threads that it seems to have may not be
// there, and what they used has been left as it was.
inline const pid_t process_at_start = getpid();
inline bool is_child_of_fork() noexcept {
  return getpid() != process_at_start;
}

}  // namespace plait::detail::sync
