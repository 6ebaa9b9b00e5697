// SPDX-License-Identifier: MIT
// Operations on a relaxed_priority_queue of two lanes, under every schedule within the bounds of the search:
// any item may come out, but whether one comes out is exact.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <plait/relaxed_priority_queue.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/queue_scenarios.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::conqueue_status;
using plait::relaxed_priority_queue;
using verify::check;
using verify::threads;

using int_queue = relaxed_priority_queue<int>;
using recorded_queue = model::recorded_queue<int_queue, model::any_item>;

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable", model::try_calls<recorded_queue>},

    {"empty_is_exact_while_items_come_and_go",
     [] {
       recorded_queue queue;
       queue.try_push(1);
       threads([&] { queue.try_push(2), queue.try_pop(); }, [&] { queue.try_pop(), queue.try_pop(); });
     }},

    // While one thread looks at the lanes in turn, 2 is put into a lane that it has looked at, and the others
    // are taken from the other lane. Each thread draws a random number; the first thread exists so that 1 and 3
    // get into one lane.
    {"empty_is_exact_while_one_lane_is_filled_and_another_drained",
     [] {
       recorded_queue queue;
       queue.try_push(1);
       threads([&] { queue.try_pop(); });
       queue.try_push(1);
       threads([&] { queue.try_pop(); }, [&] { queue.try_push(3); }, [&] { queue.try_push(2); },
               [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"empty_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue>(model::look_by_pop); }},
    {"empty_is_never_said_of_a_queue_that_always_has_an_item",
     [] { model::looks_of_a_third_thread<recorded_queue>(model::look_at_empty); }},
    {"the_size_is_never_too_low", [] { model::looks_of_a_third_thread<recorded_queue>(model::look_at_size); }},

    // As above, with a lane that is filled after it was looked at and one that is drained before.
    {"empty_is_never_said_while_an_item_moves_from_lane_to_lane",
     [] {
       recorded_queue queue;
       queue.try_push(1);
       threads([&] { queue.try_push(2), queue.try_pop(); }, [&] { queue.empty(); });
     }},

    {"two_producers_and_a_trying_consumer_are_linearizable",
     model::two_producers_and_a_trying_consumer<recorded_queue>},
    {"close_among_pushes_and_pops_is_linearizable", model::close_among_pushes_and_pops<recorded_queue>},

    {"close_and_two_producers_are_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.try_push(1), queue.try_push(2); }, [&] { queue.try_push(3); },
               [&] { queue.close(); });
     }},

    {"size_is_never_more_than_was_pushed", model::size_beside_a_push_and_a_pop<int_queue>},
    {"push_and_pop", model::push_and_pop<int_queue>},
    {"a_producer_and_two_consumers", model::a_producer_and_two_consumers<int_queue>},
    {"two_producers_and_two_consumers", model::two_producers_and_two_consumers<int_queue>},

    {"three_threads_and_two_lanes",
     [] {
       relaxed_priority_queue<int> queue;
       for (const int item : {1, 2, 3, 4}) queue.push(item);
       const auto take = [&] {
         check(queue.try_pop().has_value()), check(queue.try_push(5) == conqueue_status::success);
       };
       threads(take, take, take);
       check(queue.size() == 4);
     }},

    {"close_and_pop", model::close_and_pop<int_queue>},

    {"two_closers",
     [] {
       relaxed_priority_queue<int> queue;
       threads([&] { queue.close(), check(!queue.push(1)); }, [&] { queue.close(), check(!queue.pop()); });
     }},

    {"who_was_refused_sees_that_it_is_closed",
     [] {
       relaxed_priority_queue<int> queue;
       threads([&] { queue.close(); },
               [&] {
                 if (!queue.push(1)) check(queue.is_closed()), check(!queue.push(2));
               });
     }},

    {"close_and_discard_against_push", model::close_and_discard_against_push<int_queue>},
    {"a_pop_that_times_out_loses_no_item", model::a_pop_that_times_out<int_queue>},
    {"destroys_what_is_left", model::destroys_what_is_left<relaxed_priority_queue<std::unique_ptr<int>>>},
    {"join_push_and_task_done", model::join_push_and_task_done<int_queue>},
    {"one_of_two_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue>(model::nothing_inside, model::put, model::an_item)},
    {"one_of_two_closers_sees_that_the_other_queue_is_closed",
     model::one_of_two_sees<int_queue>(model::nothing_inside, model::close_it, model::that_it_is_closed)},
};

class relaxed_priority_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(relaxed_priority_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, relaxed_priority_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(relaxed_priority_queue_orders, every_order_of_the_store_is_needed) {
  model::expect_orders_needed(scenarios, "heap_lanes.hpp");
}

}  // namespace
