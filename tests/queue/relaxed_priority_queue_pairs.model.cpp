// SPDX-License-Identifier: MIT
// Every pair of a relaxed_priority_queue's operations, and with a close or a look: see
// support/queue_pairs.hpp.
#include <gtest/gtest.h>

#include <plait/relaxed_priority_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

const model::pairs_of_queue<plait::relaxed_priority_queue<int>, model::any_item> pairs(model::unbounded_states,
                                                                                       {.two = 1'000,
                                                                                        .with_a_close = 100});

class relaxed_priority_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(relaxed_priority_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, relaxed_priority_queue_pairs, testing::ValuesIn(pairs.two()), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, relaxed_priority_queue_pairs, testing::ValuesIn(pairs.with_a_close()),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_look, relaxed_priority_queue_pairs, testing::ValuesIn(pairs.with_a_look()),
                         model::name_of);

}  // namespace
