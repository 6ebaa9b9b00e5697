// SPDX-License-Identifier: MIT
// Every pair of an spsc_queue's operations that two threads may make concurrently, and with a close or a look:
// see support/queue_pairs.hpp. An operation of another thread need not be visible unless it happens before.
#include <gtest/gtest.h>

#include <plait/spsc_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

using world = model::queue_world<plait::spsc_queue<int>, model::first_in_first_out>;

const auto operations = model::operations_of<world>(model::ends::of_one_thread_each);
const auto closes = model::closes_of<world>(model::ends::of_one_thread_each);
const auto changes = model::changes_of<world>(model::ends::of_one_thread_each);
const auto looks = model::looks_of<world>(model::ends::of_one_thread_each);
const model::scenarios_of<world, model::queue_state> all{model::bounded_states, operations};
const model::scenarios_of<world, model::queue_state> changing{model::bounded_states, changes};

class spsc_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(spsc_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, spsc_queue_pairs,
                         testing::ValuesIn(all.pairs({.depth_first = 5'000, .priorities = 50, .random = 50})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, spsc_queue_pairs,
                         testing::ValuesIn(all.triples(closes,
                                                       {.depth_first = 500, .priorities = 50, .random = 0})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(
    with_a_look, spsc_queue_pairs,
    testing::ValuesIn(changing.triples(looks, {.depth_first = 300, .priorities = 50, .random = 0})),
    model::name_of);

}  // namespace
