// SPDX-License-Identifier: MIT
// Text that others chose (file names, words, arguments), made fit for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace plait::cli {

// Control characters, which a terminal would obey, and bytes that are not UTF-8, as \x1b.
std::string printable(std::string_view text);

}  // namespace plait::cli
