// SPDX-License-Identifier: MIT
// Connections that are cut after every number of bytes.
#pragma once

#include <gtest/gtest.h>

#include "support/proxy.hpp"

namespace support {

// Runs rounds, each of which says something of every kind; the cut moves on by one byte until it lies behind a
// whole round, which has `least` bytes each way, or more. The assertions of the round may be fatal, and so are
// those here: to be called in ASSERT_NO_FATAL_FAILURE.
template <class Round>
void cut_at_any_byte(proxy& between, long least, Round round) {
  for (const auto where : {proxy::direction::to_server, proxy::direction::to_client}) {
    long offset = 0;
    for (bool within_a_round = true; within_a_round; ++offset) {
      int rounds = 0;
      between.cut_after(where, offset);
      while (!between.has_cut(where)) {
        ++rounds;
        round();
        ASSERT_FALSE(testing::Test::HasFatalFailure()) << "cut after " << offset << " bytes";
      }
      within_a_round = rounds <= 1;
    }
    EXPECT_GE(offset, least) << "a round has fewer bytes than it can have";
  }
}

}  // namespace support
