// SPDX-License-Identifier: MIT
// How far apart objects must lie that different threads write.
#pragma once

#include <cstddef>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Bytes that processors exchange as one unit, on x86 and most of arm64.
inline constexpr std::size_t cache_line = 64;

// Bytes between two objects that different threads write, so that neither slows the other down. Two
// lines of 64 rather than one: x86 fetches lines in pairs. (std::hardware_destructive_interference_size
// says 64 and changes with compiler flags, which would change the layout of a public class.)
inline constexpr std::size_t contention_free_distance = 2 * cache_line;

}  // namespace PLAIT_NAMESPACE::detail
