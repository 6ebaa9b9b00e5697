// SPDX-License-Identifier: MIT
#include "command_line/printable.hpp"

#include <fmt/format.h>

#include "count/utf8.hpp"

namespace plait::cli {

std::string printable(std::string_view text) {
  std::string shown;
  const auto escape = [&shown](char32_t code) { shown += fmt::format("\\x{:02x}", std::uint32_t{code}); };
  while (!text.empty()) {
    const auto [code_point, length] = decode_first(text);
    const std::string_view bytes = text.substr(0, length);
    text.remove_prefix(length);
    if (code_point == replacement_character && bytes != replacement_bytes) {
      for (const char byte : bytes) escape(static_cast<unsigned char>(byte));
    } else if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) {
      escape(code_point);
    } else {
      shown += bytes;
    }
  }
  return shown;
}

}  // namespace plait::cli
