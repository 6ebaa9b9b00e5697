// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace plait::cli::tour {

// The text of examples/NAME.cpp, as it was when the program was built.
std::string_view example(std::string_view name);

}  // namespace plait::cli::tour
