// SPDX-License-Identifier: MIT
// Numbers for people.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

namespace plait::cli {

// "1,234,567"
template <std::integral Number>
std::string grouped(Number number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

}  // namespace plait::cli
