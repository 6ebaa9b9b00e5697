// SPDX-License-Identifier: MIT
// A trace as a picture: the threads as lanes, from top to bottom, and arrows from what wrote a value to what
// reads it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <verify/scenario.hpp>

namespace verify {

// For a terminal, in ASCII: no line is longer than `width`, if there is room for 16 columns in each lane.
std::string to_lanes(const report& found, std::size_t width = 80);

// A page of its own, without scripts, for any screen.
std::string to_html(const report& found, std::string_view title);

}  // namespace verify
