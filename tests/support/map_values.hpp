// SPDX-License-Identifier: MIT
// Keys and values for tests of dictionaries: of one word, of two words, and objects.
#pragma once

#include <cstdint>
#include <string>

namespace map_values {

// A value of two words, which changes in more than one step.
struct wide {
  std::int64_t first = 0;
  std::int64_t second = 0;
  bool operator==(const wide&) const = default;
};

template <class T>
T make(int number);
template <>
inline int make(int number) {
  return number;
}
template <>
inline wide make(int number) {
  return {number, -number};
}
template <>
inline std::string make(int number) {
  return number % 2 == 0 ? std::to_string(number) : "more than fits into the object: " + std::to_string(number);
}

}  // namespace map_values
