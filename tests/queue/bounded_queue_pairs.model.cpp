// SPDX-License-Identifier: MIT
// Every pair of a bounded_queue's operations, and with a close or a look: see support/queue_pairs.hpp.
#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

const model::pairs_of_queue<plait::bounded_queue<int>, model::first_in_first_out> pairs(model::bounded_states,
                                                                                        {.two = 5'000,
                                                                                         .with_a_close = 500});

class bounded_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(bounded_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, bounded_queue_pairs, testing::ValuesIn(pairs.two()), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, bounded_queue_pairs, testing::ValuesIn(pairs.with_a_close()),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_look, bounded_queue_pairs, testing::ValuesIn(pairs.with_a_look()),
                         model::name_of);

}  // namespace
