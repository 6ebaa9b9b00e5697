// SPDX-License-Identifier: MIT
// UTF-8 in and out. Invalid bytes become U+FFFD exactly as in Python's errors="replace" and the Unicode
// standard's advice: one for every maximal part of a sequence that could still have become valid.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plait::cli {

inline constexpr char32_t replacement_character = 0xFFFD;
inline constexpr std::string_view replacement_bytes = "\xEF\xBF\xBD";

// Some editors begin a file with it; it marks UTF-8 and is not part of the text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct decoded {
  char32_t code_point;
  std::size_t length;  // bytes used up, at least 1
};

// Decodes the first character of `text`, which must not be empty.
constexpr decoded decode_first(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};

  // The second byte is the only one whose range depends on the first: no overlong form, no surrogate,
  // nothing above U+10FFFF.
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  char32_t code_point = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    code_point = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    code_point = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    code_point = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {replacement_character, 1};
  }
  for (std::size_t i = 1; i != length; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {replacement_character, i};
    code_point = code_point << 6 | (byte(i) & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, length};
}

// `code_point` is a Unicode scalar value.
constexpr void append_utf8(std::string& out, char32_t code_point) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto continuation = [code_point](int shift) { return 0x80 | (code_point >> shift & 0x3F); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(continuation(0));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(continuation(6));
    put(continuation(0));
  } else {
    put(0xF0 | code_point >> 18);
    put(continuation(12));
    put(continuation(6));
    put(continuation(0));
  }
}

}  // namespace plait::cli
