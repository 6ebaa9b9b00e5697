// SPDX-License-Identifier: MIT
#include <cstdint>
#include <iostream>
#include <limits>
#include <new>
#include <stdexcept>

#include <gtest/gtest.h>

#include <plait/detail/thread/index_pool.hpp>

#include "support/allocations.hpp"

namespace {

template <class Purpose>
using small_pool = plait::detail::index_pool<Purpose, std::uint8_t>;

TEST(index_pool, runs_out_with_a_message_and_goes_on_when_a_number_comes_back) {
  using pool = small_pool<struct to_run_out>;
  constexpr int count = std::numeric_limits<std::uint8_t>::max();
  for (int i = 0; i != count; ++i) EXPECT_EQ(pool::take(), i);
  EXPECT_THROW(pool::take(), std::length_error);
  pool::give_back(200);
  pool::give_back(100);
  EXPECT_EQ(pool::take(), 100);
  EXPECT_EQ(pool::take(), 200);
  EXPECT_THROW(pool::take(), std::length_error);
  for (int i = 0; i != count; ++i) pool::give_back(static_cast<std::uint8_t>(i));
  for (int i = 0; i != count; ++i) EXPECT_EQ(pool::take(), i);
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(index_pool, a_number_not_taken_for_want_of_memory_is_the_next_one) {
  using pool = plait::detail::index_pool<struct to_want_memory>;
  constexpr pool::index count = 1000;
  int faults = 0;
  for (pool::index i = 0; i != count; ++i) {
    const auto take = [] {
      allocations::until_failure = 1;
      const pool::index taken = pool::take();
      allocations::until_failure = 0;
      return taken;
    };
    try {
      EXPECT_EQ(take(), i);
    } catch (const std::bad_alloc&) {
      ++faults;
      EXPECT_EQ(pool::take(), i);
    }
  }
  EXPECT_GT(faults, 0);
  RecordProperty("faults", faults);
  std::cout << "faults injected: " << faults << '\n';

  // Giving back never allocates.
  allocations::until_failure = 1;
  for (pool::index i = 0; i != count; ++i) pool::give_back(i);
  allocations::until_failure = 0;
  EXPECT_EQ(pool::take(), 0U);
}
#endif

}  // namespace
