// SPDX-License-Identifier: MIT
// Makes text from outside (file names, words, arguments) safe for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace plait::cli {

// Writes control characters, which a terminal would obey, and bytes that are not UTF-8 as \x1b.
std::string printable(std::string_view text);

}  // namespace plait::cli
