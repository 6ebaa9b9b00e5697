// SPDX-License-Identifier: MIT
// Every pair of a lifo_queue's operations, and with a close or a look: see support/queue_pairs.hpp.
// The same threads make the same steps as with a priority_queue, whose searches are longer.
#include <gtest/gtest.h>

#include <plait/lifo_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

const model::pairs_of_queue<plait::lifo_queue<int>, model::last_in_first_out> pairs(model::bounded_states,
                                                                                    {.two = 200,
                                                                                     .with_a_close = 50});

class lifo_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(lifo_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, lifo_queue_pairs, testing::ValuesIn(pairs.two()), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, lifo_queue_pairs, testing::ValuesIn(pairs.with_a_close()),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_look, lifo_queue_pairs, testing::ValuesIn(pairs.with_a_look()), model::name_of);

}  // namespace
