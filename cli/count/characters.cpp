// SPDX-License-Identifier: MIT
#include "count/characters.hpp"

#include <cstddef>

#include <unicode/uchar.h>

namespace plait::cli {
namespace {

constexpr char32_t capital_i_with_dot = 0x130;
constexpr char32_t combining_dot_above = 0x307;
constexpr char32_t capital_sigma = 0x3A3;
constexpr char32_t small_sigma = 0x3C3;
constexpr char32_t small_final_sigma = 0x3C2;

bool has(char32_t c, UProperty property) noexcept {
  return u_hasBinaryProperty(static_cast<UChar32>(c), property) != 0;
}
bool is_case_ignorable(char32_t c) noexcept {
  return has(c, UCHAR_CASE_IGNORABLE);
}
bool is_cased(char32_t c) noexcept {
  return has(c, UCHAR_CASED);
}

// Final_Sigma of the Unicode standard, table 3-17: a cased letter before, none after, and case-ignorable
// characters (apostrophes, accents) do not count.
bool is_final_sigma(std::u32string_view text, std::size_t at) noexcept {
  std::size_t before = at;
  while (before != 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  std::size_t after = at + 1;
  while (after != text.size() && is_case_ignorable(text[after])) ++after;
  return after == text.size() || !is_cased(text[after]);
}

}  // namespace

bool is_alphanumeric(char32_t c) noexcept {
  const auto character = static_cast<UChar32>(c);
  return (U_GET_GC_MASK(character) & U_GC_L_MASK) != 0 ||
         u_getIntPropertyValue(character, UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

void append_lower(std::u32string& out, std::u32string_view text) {
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char32_t c = text[i];
    if (c == capital_i_with_dot) {
      out.push_back(U'i');
      out.push_back(combining_dot_above);
    } else if (c == capital_sigma) {
      out.push_back(is_final_sigma(text, i) ? small_final_sigma : small_sigma);
    } else {
      out.push_back(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
    }
  }
}

std::string unicode_version() {
  UVersionInfo version;
  u_getUnicodeVersion(version);
  return std::to_string(version[0]) + "." + std::to_string(version[1]);
}

}  // namespace plait::cli
