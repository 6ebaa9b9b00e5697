// SPDX-License-Identifier: MIT
// From the address of code to the line that it was compiled from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace verify::detail {

struct source_place {
  std::string file;
  std::uint32_t line = 0;  // 0: not known
};

// The lines of the calls that return to these addresses. By addr2line of the binutils and debug information:
// without either, they are not known.
std::vector<source_place> places_of_calls(std::span<const void* const> return_addresses);

}  // namespace verify::detail
