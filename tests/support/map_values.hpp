// SPDX-License-Identifier: MIT
// Keys and values for tests of dictionaries: of one word, of two words, and objects; strings that are packed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
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

// An object, where a std::string would be packed.
template <>
inline std::wstring make(int number) {
  return std::to_wstring(number);
}

// Texts of 0 to 40 characters, of which many differ in one character or in the number of zeros at the end.
inline std::set<std::string> similar_texts() {
  std::set<std::string> texts;
  for (std::size_t size = 0; size <= 40; ++size) {
    texts.emplace(size, '\0');
    texts.emplace(size, 'x');
    for (std::size_t i = 0; i != size; ++i) {
      std::string text(size, 'x');
      text[i] = '\xff';
      texts.insert(text);
      text[i] = '\0';
      texts.insert(text);
    }
  }
  return texts;
}

}  // namespace map_values
