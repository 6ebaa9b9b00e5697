// SPDX-License-Identifier: MIT
// Part of the seam: who called, and the name of the thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <cxxabi.h>
#include <dlfcn.h>
#include <pthread.h>
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#endif

namespace plait::detail::sync {

// The addresses that the calling thread's functions will return to, the innermost first. Returns how many; none
// where the C library cannot tell.
inline int call_stack([[maybe_unused]] void** addresses, [[maybe_unused]] int most) noexcept {
#if __has_include(<execinfo.h>)
  return ::backtrace(addresses, most);
#else
  return 0;
#endif
}

// A function's name as it stands in the source, if it was made of that.
inline std::string demangled(const char* symbol) {
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(symbol, nullptr, nullptr, nullptr),
                                                    &std::free);
  return name != nullptr ? name.get() : symbol;
}

// Where a call is that will return to an address: as far as the loader knows.
struct code_place {
  std::uintptr_t address = 0;
  std::string file = {};           // of the program or library; empty: not known
  std::uintptr_t in_file = 0;      // from where that begins
  std::string function = {};       // empty: not known
  std::uintptr_t in_function = 0;  // from where that begins
};
inline code_place place_of(void* return_address) {
  // Into the call, which may be the last thing in its function.
  code_place place{.address = reinterpret_cast<std::uintptr_t>(return_address) - 1};
  Dl_info found{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): as above
  if (dladdr(reinterpret_cast<void*>(place.address), &found) == 0 || found.dli_fname == nullptr) return place;
  place.file = found.dli_fname;
  place.in_file = place.address - reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  if (found.dli_sname == nullptr) return place;
  place.function = demangled(found.dli_sname);
  place.in_function = place.address - reinterpret_cast<std::uintptr_t>(found.dli_saddr);
  return place;
}

// What the system calls the calling thread.
inline std::string thread_name() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

}  // namespace plait::detail::sync
