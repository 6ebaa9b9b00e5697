// SPDX-License-Identifier: MIT
// Part of the seam: how often to try and how large to be, which the checker sets lower; and chance.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/syscall.h>
#include <unistd.h>

#include <plait/detail/sync/clock.hpp>

namespace plait::detail::sync {

// How often to make an attempt that may succeed if only it is made again: as often as told. The checker
// makes it once, for it tries every moment anyway.
constexpr int attempts(int count) noexcept {
  return count;
}

// A size that scenarios of the checker need smaller, so that they get to what happens beyond it.
constexpr std::size_t sized(std::size_t native, std::size_t /*modelled*/) noexcept {
  return native;
}

// A number that nobody outside of this process can guess.
inline std::uint64_t random_number() noexcept {
  std::uint64_t number = 0;
  // Before the kernel has gathered any chance, the address and the clock have to do.
  if (syscall(SYS_getrandom, &number, sizeof number, 1 /* do not wait */) != sizeof number)
    number = static_cast<std::uint64_t>(clock::now().time_since_epoch().count()) ^
             reinterpret_cast<std::uintptr_t>(&number) * 0x9e3779b97f4a7c15;
  return number;
}

}  // namespace plait::detail::sync
