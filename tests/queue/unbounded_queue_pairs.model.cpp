// SPDX-License-Identifier: MIT
// Every pair of an unbounded_queue's operations, and with a close or a look: see support/queue_pairs.hpp.
#include <gtest/gtest.h>

#include <plait/unbounded_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

const model::pairs_of_queue<plait::unbounded_queue<int>, model::first_in_first_out> pairs(
    model::unbounded_states, {.two = 1'000, .with_a_close = 100});

class unbounded_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(unbounded_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, unbounded_queue_pairs, testing::ValuesIn(pairs.two()), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, unbounded_queue_pairs, testing::ValuesIn(pairs.with_a_close()),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_look, unbounded_queue_pairs, testing::ValuesIn(pairs.with_a_look()),
                         model::name_of);

}  // namespace
