// SPDX-License-Identifier: MIT
// Typed tests of dictionaries, whose entries are read as words or under a lock.
#pragma once

#include <string>

#include <gtest/gtest.h>

// For TYPED_TEST_SUITE: the types of keys and values, and how they are called.
using words_and_strings = testing::Types<int, std::string>;

class names_of_words_and_strings {
 public:
  template <class K>
  static std::string GetName(int number) {
    return number == 0 ? "words" : "strings";
  }
};
