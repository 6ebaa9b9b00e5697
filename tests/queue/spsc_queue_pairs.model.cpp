// SPDX-License-Identifier: MIT
// Every pair of an spsc_queue's operations that two threads may make concurrently, and with a close or a look:
// see support/queue_pairs.hpp. An operation of another thread need not be visible unless it happens before.
#include <gtest/gtest.h>

#include <plait/spsc_queue.hpp>

#include "support/item_order.hpp"
#include "support/operation_pairs.hpp"
#include "support/queue_pairs.hpp"

namespace {

const model::pairs_of_queue<plait::spsc_queue<int>, model::first_in_first_out> pairs(
    model::bounded_states, {.two = 5'000, .with_a_close = 500}, model::ends::of_one_thread_each);

class spsc_queue_pairs : public testing::TestWithParam<model::row> {};

TEST_P(spsc_queue_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, spsc_queue_pairs, testing::ValuesIn(pairs.two()), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_close, spsc_queue_pairs, testing::ValuesIn(pairs.with_a_close()),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(with_a_look, spsc_queue_pairs, testing::ValuesIn(pairs.with_a_look()), model::name_of);

}  // namespace
