// SPDX-License-Identifier: MIT
// What the seam has in every program that replaces the system: neither threads nor chance change it.
// verify/seam.hpp and simulate/seam.hpp take their names from here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace verify::seam_in_common {

inline void signal_fence() noexcept {}  // nobody has signal handlers

inline void discard_pages(void* /*bytes*/, std::size_t /*count*/) noexcept {}
inline void populate_pages(void* /*bytes*/, std::size_t /*count*/) noexcept {}

template <auto Function, class... Args>
decltype(auto) rarely(Args... args) {
  return std::invoke(Function, args...);
}

constexpr std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Call stacks are empty, and threads have no names: a program of this kind has traces of its own.
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

}  // namespace verify::seam_in_common
