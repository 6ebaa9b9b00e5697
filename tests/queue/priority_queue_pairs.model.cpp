// SPDX-License-Identifier: MIT
// Every pair of a priority_queue's operations, and with a close or a look: see support/queue_pairs.hpp.
#include <gtest/gtest.h>

#include <plait/priority_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

const model::pairs_of_queue<plait::priority_queue<int>, model::smallest_first> pairs(model::bounded_states,
                                                                                     {.two = 1'000,
                                                                                      .with_a_close = 100});

class priority_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(priority_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, priority_queue_pairs, testing::ValuesIn(pairs.two()), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, priority_queue_pairs, testing::ValuesIn(pairs.with_a_close()),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_look, priority_queue_pairs, testing::ValuesIn(pairs.with_a_look()),
                         model::name_of);

}  // namespace
