// SPDX-License-Identifier: MIT
// Every pair of a relaxed_priority_queue's operations, and with a close or a look: see
// support/queue_pairs.hpp.
#include <gtest/gtest.h>

#include <plait/relaxed_priority_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

using world = model::queue_world<plait::relaxed_priority_queue<int>, model::any_item>;

const auto operations = model::operations_of<world>();
const auto closes = model::closes_of<world>();
const auto changes = model::changes_of<world>();
const auto looks = model::looks_of<world>();
const model::scenarios_of<world, model::queue_state> all{model::unbounded_states, operations};
const model::scenarios_of<world, model::queue_state> changing{model::unbounded_states, changes};

class relaxed_priority_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(relaxed_priority_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, relaxed_priority_queue_pairs,
                         testing::ValuesIn(all.pairs({.depth_first = 1'000, .priorities = 50, .random = 50})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, relaxed_priority_queue_pairs,
                         testing::ValuesIn(all.triples(closes,
                                                       {.depth_first = 100, .priorities = 50, .random = 0})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(
    with_a_look, relaxed_priority_queue_pairs,
    testing::ValuesIn(changing.triples(looks, {.depth_first = 300, .priorities = 50, .random = 0})),
    model::name_of);

}  // namespace
