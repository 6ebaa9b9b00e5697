// SPDX-License-Identifier: MIT
// Keys and values of dictionaries under stress.
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "stress/workload.hpp"

namespace map_kinds {

// Kinds of values, each of which holds a number: a word, four words, and an object under a lock. And a word
// whose keys are strings, short and long ones.
struct word {
  using key = std::uint64_t;
  using value = std::uint64_t;
  static key make_key(std::uint64_t number) { return number; }
  static value make(std::uint64_t number) { return number; }
  static std::uint64_t number(const value& from) { return from; }
};
struct four_words {
  using key = std::uint64_t;
  struct value {
    std::uint64_t copies[4];
  };
  static key make_key(std::uint64_t number) { return number; }
  static value make(std::uint64_t number) { return {{number, number, number, number}}; }
  static std::uint64_t number(const value& from) {
    for (const std::uint64_t each : from.copies)
      stress::require(each == from.copies[0], "half of one value and half of another");
    return from.copies[0];
  }
};
struct word_of_text {
  using key = std::string;
  using value = std::uint64_t;
  static key make_key(std::uint64_t number) {
    return number % 2 == 0 ? fmt::format("{}", number)
                           : fmt::format("a key that needs memory, number {}", number);
  }
  static value make(std::uint64_t number) { return number; }
  static std::uint64_t number(const value& from) { return from; }
};
struct text {
  using key = std::string;
  using value = std::string;
  static key make_key(std::uint64_t number) {
    return fmt::format("a key that needs memory, number {}", number);
  }
  static value make(std::uint64_t number) { return fmt::format("a value that needs memory: {:>20}", number); }
  static std::uint64_t number(const value& from) { return std::stoull(from.substr(from.size() - 20)); }
};

}  // namespace map_kinds
