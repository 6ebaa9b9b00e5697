// SPDX-License-Identifier: MIT
// Operations on a lifo_queue, in pairs and with close, under every schedule within the bounds of the search.
// Its store is that of priority_queue, whose scenarios say more about it.
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <plait/lifo_queue.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/queue_scenarios.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::conqueue_status;
using plait::lifo_queue;
using verify::check;
using verify::threads;

using int_queue = lifo_queue<int>;
using recorded_queue = model::recorded_queue<int_queue, model::last_in_first_out, model::busy::sometimes>;

// For scenarios that priority_queue has too, with the same steps of the same threads: it searches longer.
constexpr verify::options searched_there{.depth_first = 20'000};

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable", model::try_calls<recorded_queue, 1>},
    {"pushes_beside_a_trying_consumer_are_linearizable",
     model::pushes_beside_a_trying_consumer<recorded_queue, 8>},

    // A pop takes effect when it takes the lock. Until it has counted its item, a push may be posted and
    // another one may find no credit.
    {"full_is_exact_while_a_pop_is_under_way", model::pushes_beside_a_trying_consumer<recorded_queue, 2>},
    {"full_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_by_push); }, searched_there},
    {"empty_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_by_pop); }, searched_there},
    {"empty_is_never_said_of_a_queue_that_always_has_an_item",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_at_empty); }},
    {"the_size_is_never_too_low",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_at_size); }},

    {"a_push_that_is_refused_leaves_the_value_with_its_owner",
     [] {
       lifo_queue<std::unique_ptr<int>> queue(1);
       const auto push = [&] {
         auto value = std::make_unique<int>();
         const bool accepted = queue.try_push(std::move(value)) == conqueue_status::success;
         check((value == nullptr) == accepted);  // NOLINT(bugprone-use-after-move): that is the question
       };
       threads([&] { push(); }, [&] { push(); }, [&] { (void)queue.try_pop(); });
     }},

    {"two_producers_and_a_trying_consumer_are_linearizable",
     model::two_producers_and_a_trying_consumer<recorded_queue, 2>, searched_there},
    {"two_consumers_and_a_producer_are_linearizable",
     model::two_trying_consumers_and_a_producer<recorded_queue, 8>, searched_there},
    {"close_among_pushes_and_pops_is_linearizable", model::close_among_pushes_and_pops<recorded_queue, 1>,
     searched_there},
    {"size_is_never_more_than_was_pushed", model::size_beside_a_push_and_a_pop<int_queue>, searched_there},
    {"push_and_pop", model::push_and_pop<int_queue>},
    {"a_producer_and_two_consumers", model::a_producer_and_two_consumers<int_queue>, searched_there},
    {"a_push_waits_for_room", model::a_push_waits_for_room<int_queue, 1>},
    {"close_and_pop", model::close_and_pop<int_queue>},
    {"close_and_a_push_that_waits", model::close_and_a_push_that_waits<int_queue, 1>},
    {"close_and_discard_against_pushes", model::close_and_discard_against_pushes<int_queue>},
    {"a_pop_that_times_out_loses_no_item", model::a_pop_that_times_out<int_queue>},
    {"destroys_what_is_left", model::destroys_what_a_pop_leaves<lifo_queue<std::unique_ptr<int>>>},
    {"join_push_and_task_done", model::join_push_and_task_done<int_queue>},
    {"a_batch_that_has_waited_hands_on_the_items_it_leaves",
     model::a_batch_hands_on_the_items_it_leaves<int_queue, 2>},
    {"a_batch_that_has_waited_hands_on_the_room_it_leaves",
     model::a_batch_hands_on_the_room_it_leaves<int_queue>},
    {"one_of_two_consumers_sees_the_room_that_the_other_made",
     model::one_of_two_sees<int_queue, 1>(model::one_inside, model::take, model::room)},
    {"one_of_two_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue, 1>(model::nothing_inside, model::put, model::an_item)},
};

// A consumer stopped anywhere, even while it holds the lock, holds up no push.
TEST(lifo_queue_freeze, a_stopped_consumer_holds_up_no_push) {
  model::expect_others_go_on(model::a_consumer_and_pushes<int_queue>);
}

TEST(lifo_queue_freeze, a_stopped_consumer_holds_up_other_consumers) {
  model::expect_others_held_up(model::two_consumers<int_queue>);
}

class lifo_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(lifo_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, lifo_queue_model, testing::ValuesIn(scenarios), model::name_of);

}  // namespace
