// SPDX-License-Identifier: MIT
// The output of a chapter: paragraphs, code from examples/, and rows of figures, each shown at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "command_line/grouped.hpp"

namespace plait::cli::tour {

class page {
 public:
  // Colours only on a terminal that can show them and where NO_COLOR does not forbid them.
  page();

  void heading(std::string_view title);

  // One paragraph, broken into lines of at most `width` columns.
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    paragraph(fmt::format(format, std::forward<Args>(args)...));
  }

  // One indented line, as it is.
  template <class... Args>
  void row(fmt::format_string<Args...> format, Args&&... args) {
    write("    " + fmt::format(format, std::forward<Args>(args)...) + "\n");
  }

  void gap() { write("\n"); }

  // The code between the two `// [part]` lines of examples/NAME.cpp.
  void code(std::string_view name, std::string_view part);

 private:
  static constexpr std::size_t width = 80;

  void paragraph(std::string_view text);
  static void write(std::string_view text);  // throws std::system_error

  bool colours_;
};

}  // namespace plait::cli::tour
