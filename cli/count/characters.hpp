// SPDX-License-Identifier: MIT
// Properties of characters as in Python's str methods, from ICU's tables.
#pragma once

#include <string>
#include <string_view>

namespace plait::cli {

// str.isspace(), which is also where str.split() splits.
constexpr bool is_space(char32_t c) noexcept {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// str.isalnum(): letters (categories L*) and characters with a numeric value.
bool is_alphanumeric(char32_t c) noexcept;

// Appends str.lower() of `text` to `out`: full lower-casing, where U+0130 becomes two characters and a
// capital sigma depends on its neighbours. These are looked for in `text` alone, and white space ends the
// search: a `text` that ends at white space or at the end of the file is enough.
void append_lower(std::u32string& out, std::u32string_view text);

// Which version of Unicode the tables are, for example "15.0".
std::string unicode_version();

}  // namespace plait::cli
