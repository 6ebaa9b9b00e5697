// SPDX-License-Identifier: MIT
// How much memory the process has, before and after something was filled.
#pragma once

#include <algorithm>
#include <cstddef>

#include <malloc.h>

#include "measure.hpp"

namespace bench {

// What the C library has given out; and, for those who have an allocator of their own, what the process takes.
struct memory_in_use {
  std::size_t allocated;
  std::size_t resident;

  static memory_in_use now() {
    // What is freed goes back to the system at once: no repetition finds what another one has left.
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
    malloc_trim(0);
    const struct mallinfo2 given = mallinfo2();
    return {given.uordblks + given.hblkhd, resident_bytes()};
  }
  double more_than(const memory_in_use& before) const {
    const auto growth = [](std::size_t from, std::size_t to) {
      return static_cast<double>(to - std::min(from, to));
    };
    return std::max(growth(before.allocated, allocated), growth(before.resident, resident));
  }
};

}  // namespace bench
