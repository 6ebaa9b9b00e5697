// SPDX-License-Identifier: MIT
// How the values of atomics are kept: as words, which are equal if and only if the values are.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>

#include <verify/execution.hpp>

namespace verify::detail {

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
inline void check_load_order(std::memory_order named, const char* what, const site& where) {
  using enum std::memory_order;
  if (named != release && named != acq_rel) return;
  if (execution* const now = execution::current())
    now->fail(std::string("a ") + what + " cannot have the order " + std::string(to_string(named)) +
                  "; it can be relaxed, acquire or seq_cst",
              &where);
}
inline void check_store_order(std::memory_order named, const site& where) {
  using enum std::memory_order;
  if (named == relaxed || named == release || named == seq_cst) return;
  if (execution* const now = execution::current())
    now->fail("a store cannot have the order " + std::string(to_string(named)) +
                  "; it can be relaxed, release or seq_cst",
              &where);
}

// The failure order of a compare-exchange that names only one order.
constexpr std::memory_order of_failure(std::memory_order success) noexcept {
  using enum std::memory_order;
  if (success == acq_rel) return acquire;
  return success == release ? relaxed : success;
}

// Where an operator is called, which cannot have a parameter for that: the address to which this function
// returns, in the function that the operator is inlined into. A trace finds the line (source_lines.hpp).
[[gnu::noinline]] inline site called_here() noexcept {
  if (execution* const now = execution::current()) now->called_from(__builtin_return_address(0));
  return {};
}

}  // namespace verify::detail
