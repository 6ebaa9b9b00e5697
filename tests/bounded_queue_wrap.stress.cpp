// SPDX-License-Identifier: MIT
// The stress of bounded_queue once more, for queues whose positions wrap in the middle of each round: the
// tests are those of the file included below.
#include <cstdint>
#include <plait/detail/lap_ring.hpp>

template <>
inline constexpr std::uint64_t plait::detail::laps_before_wrap<std::uint64_t> = 3;

#include "bounded_queue.stress.cpp"
