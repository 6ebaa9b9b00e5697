// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/queue/ring_positions.hpp>

namespace {

using plait::detail::ring_positions;
using position = ring_positions::position;

// The position `back` before the last one before positions begin at 0 again.
position near_the_wrap(const ring_positions& ring, std::uint64_t back) {
  position at = 0;
  // All laps together span 2^63 values, so the last lap begins one lap before that.
  const position lap = ring.next_lap(0);
  at = ring_positions::spare_bit - lap + (ring.capacity() - 1);  // last slot of the last lap
  for (; back != 0; --back) at = ring.index(at) != 0 ? at - 1 : at - lap + (ring.capacity() - 1);
  return at;
}

// Calls check(ring, first) for every capacity up to 70, at the beginning and across the wrap.
template <class Check>
void for_each_ring(Check check) {
  for (std::uint64_t capacity = 1; capacity <= 70; ++capacity) {
    const ring_positions ring(capacity);
    SCOPED_TRACE(capacity);
    ASSERT_EQ(ring.capacity(), capacity);
    check(ring, position{0});
    check(ring, near_the_wrap(ring, capacity));
    check(ring, near_the_wrap(ring, 2 * capacity + capacity / 2));
  }
}

TEST(ring_positions, next_goes_through_all_slots_and_starts_again) {
  for_each_ring([](const ring_positions& ring, position first) {
    position at = first;
    const std::uint64_t start = ring.index(first);
    for (std::uint64_t step = 0; step != 5 * ring.capacity(); ++step) {
      ASSERT_EQ(ring.index(at), (start + step) % ring.capacity());
      ASSERT_EQ(at & ring_positions::spare_bit, 0U);
      at = ring.next(at);
    }
  });
}

TEST(ring_positions, positions_come_back_to_0_after_the_last_lap) {
  for_each_ring([](const ring_positions& ring, position) {
    EXPECT_EQ(ring.next(near_the_wrap(ring, 0)), 0U);
    EXPECT_EQ(ring.next_lap(near_the_wrap(ring, 0)), ring.capacity() - 1);
    EXPECT_EQ(ring.advance(near_the_wrap(ring, 0), 1), 0U);
  });
}

TEST(ring_positions, advance_by_n_is_n_times_next) {
  for_each_ring([](const ring_positions& ring, position first) {
    for (std::uint64_t start = 0; start != ring.capacity(); ++start, first = ring.next(first)) {
      position walked = first;
      for (std::uint64_t count = 0; count <= ring.capacity(); ++count, walked = ring.next(walked))
        ASSERT_EQ(ring.advance(first, count), walked);
    }
  });
}

TEST(ring_positions, next_lap_is_as_many_steps_as_there_are_slots) {
  for_each_ring([](const ring_positions& ring, position at) {
    for (std::uint64_t i = 0; i != 3 * ring.capacity(); ++i, at = ring.next(at))
      ASSERT_EQ(ring.next_lap(at), ring.advance(at, ring.capacity()));
  });
}

TEST(ring_positions, a_lap_ends_where_next_begins_another) {
  for_each_ring([](const ring_positions& ring, position at) {
    for (std::uint64_t i = 0; i != 3 * ring.capacity(); ++i, at = ring.next(at)) {
      const bool is_last = ring.index(ring.next(at)) == 0;
      ASSERT_EQ(at == ring.last_of_lap(at), is_last);
      ASSERT_EQ(ring.last_of_lap(at) == ring.last_of_lap(ring.next(at)), !is_last);
      ASSERT_EQ(ring.same_lap(at, ring.next(at)), !is_last);
    }
  });
}

TEST(ring_positions, distance_counts_steps) {
  for_each_ring([](const ring_positions& ring, position first) {
    position to = first;
    for (std::uint64_t steps = 0; steps != 5 * ring.capacity(); ++steps, to = ring.next(to)) {
      ASSERT_EQ(ring.distance(first, to), steps);
      ASSERT_EQ(ring.distance(to, to), 0U);
    }
  });
}

TEST(ring_positions, the_longest_distance_is_one_less_than_all_positions) {
  for (const std::uint64_t capacity : {1U, 2U, 3U, 4U, 70U}) {
    const ring_positions ring(capacity);
    const std::uint64_t laps = ring_positions::spare_bit / ring.next_lap(0);
    EXPECT_EQ(ring.distance(0, near_the_wrap(ring, 0)), laps * capacity - 1);
    EXPECT_GE(laps * capacity, std::uint64_t{1} << 62);
  }
}

// In one slot: empty at p, filled at p, empty at the next lap's p, ... all differ, and none has the spare bit.
TEST(ring_positions, no_stamp_of_a_slot_is_used_twice) {
  for_each_ring([](const ring_positions& ring, position first) {
    std::vector<position> stamps;
    for (int lap = 0; lap != 6; ++lap, first = ring.next_lap(first)) {
      stamps.push_back(first);
      stamps.push_back(ring_positions::filled(first));
    }
    EXPECT_EQ(std::set<position>(stamps.begin(), stamps.end()).size(), stamps.size());
    EXPECT_TRUE(std::ranges::none_of(stamps, [](position p) { return (p & ring_positions::spare_bit) != 0; }));
  });
}

TEST(ring_positions, the_largest_capacity_works) {
  const ring_positions ring(ring_positions::max_capacity);
  const position last = ring_positions::max_capacity - 1;
  EXPECT_EQ(ring.index(last), last);
  EXPECT_EQ(ring.next(last), ring.next_lap(0));
  EXPECT_EQ(ring.advance(0, ring_positions::max_capacity), ring.next_lap(0));
  EXPECT_EQ(ring.distance(1, ring.next_lap(0)), last);
}

}  // namespace
