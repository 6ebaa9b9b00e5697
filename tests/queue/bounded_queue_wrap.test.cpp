// SPDX-License-Identifier: MIT
// The contract of bounded_queue again, for queues whose positions are about to wrap: the tests are those of the
// files included below.
#include <cstdint>
#include <memory>
#include <string>

#include <plait/detail/queue/lap_ring.hpp>

template <>
inline constexpr std::uint64_t plait::detail::laps_before_wrap<int> = 1;
template <>
inline constexpr std::uint64_t plait::detail::laps_before_wrap<std::string> = 1;
template <>
inline constexpr std::uint64_t plait::detail::laps_before_wrap<std::unique_ptr<int>> = 1;

#include "bounded_queue.test.cpp"
#include "bounded_queue_batches.test.cpp"

namespace {

TEST(bounded_queue_wrap, comes_where_these_tests_expect_it) {
  for (std::uint64_t capacity = 1; capacity != 20; ++capacity) {
    plait::detail::lap_ring<int, std::allocator<int>> ring(capacity, {});
    const auto first = ring.tail();
    EXPECT_EQ(ring.distance(first, 0), capacity);
    for (std::uint64_t i = 0; i != capacity; ++i) EXPECT_EQ(ring.try_put(1), conqueue_status::success);
    EXPECT_EQ(ring.tail(), 0U);
    EXPECT_LT(ring.tail(), first);
  }
}

}  // namespace
