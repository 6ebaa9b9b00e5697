// SPDX-License-Identifier: MIT
// Every pair of a lifo_queue's operations, and with a close or a look: see support/queue_pairs.hpp.
#include <gtest/gtest.h>

#include <plait/lifo_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

using world = model::queue_world<plait::lifo_queue<int>, model::last_in_first_out>;

const auto operations = model::operations_of<world>();
const auto closes = model::closes_of<world>();
const auto changes = model::changes_of<world>();
const auto looks = model::looks_of<world>();
const model::scenarios_of<world, model::queue_state> all{model::bounded_states, operations};
const model::scenarios_of<world, model::queue_state> changing{model::bounded_states, changes};

class lifo_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(lifo_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, lifo_queue_pairs,
                         testing::ValuesIn(all.pairs({.depth_first = 1'000, .priorities = 50, .random = 50})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, lifo_queue_pairs,
                         testing::ValuesIn(all.triples(closes,
                                                       {.depth_first = 100, .priorities = 50, .random = 0})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(
    with_a_look, lifo_queue_pairs,
    testing::ValuesIn(changing.triples(looks, {.depth_first = 300, .priorities = 50, .random = 0})),
    model::name_of);

}  // namespace
