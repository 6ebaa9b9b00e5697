// SPDX-License-Identifier: MIT
// Operations on a relaxed_priority_queue of two lanes, under every schedule within the bounds of the search:
// which item comes out is left open, whether one comes out is not.
#include <plait/relaxed_priority_queue.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::conqueue_status;
using plait::relaxed_priority_queue;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

using recorded_queue = model::recorded_queue<relaxed_priority_queue<int>, model::any_item>;

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.try_push(1), queue.try_pop(); }, [&] { queue.try_push(2), queue.try_pop(); });
     }},

    {"empty_is_exact_while_items_come_and_go",
     [] {
       recorded_queue queue;
       queue.try_push(1);
       threads([&] { queue.try_push(2), queue.try_pop(); }, [&] { queue.try_pop(), queue.try_pop(); });
     }},

    // While one thread looks from lane to lane, 2 is put where it has looked, and the others are taken from
    // where it has not. Each thread takes a random number; the first one is there to bring 1 and 3 together.
    {"empty_is_exact_while_one_lane_is_filled_and_another_drained",
     [] {
       recorded_queue queue;
       queue.try_push(1);
       threads([&] { queue.try_pop(); });
       queue.try_push(1);
       threads([&] { queue.try_pop(); }, [&] { queue.try_push(3); }, [&] { queue.try_push(2); },
               [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"two_producers_and_a_trying_consumer_are_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.try_push(1); }, [&] { queue.try_push(2); },
               [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"close_among_pushes_and_pops_is_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.try_push(1), queue.try_push(2); }, [&] { queue.try_pop(), queue.pop(); },
               [&] { queue.close(); });
     }},

    {"close_and_two_producers_are_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.try_push(1), queue.try_push(2); }, [&] { queue.try_push(3); },
               [&] { queue.close(); });
     }},

    {"push_and_pop",
     [] {
       relaxed_priority_queue<int> queue;
       std::optional<int> got;
       threads([&] { check(queue.push(7)); }, [&] { got = queue.pop(); });
       check(got == 7);
       check(queue.empty());
     }},

    {"a_producer_and_two_consumers",
     [] {
       relaxed_priority_queue<int> queue;
       std::optional<int> a, b;
       threads([&] { queue.push(1), queue.push(2); }, [&] { a = queue.pop(); }, [&] { b = queue.pop(); });
       check(*a + *b == 3);
     }},

    {"two_producers_and_two_consumers",
     [] {
       relaxed_priority_queue<int> queue;
       std::optional<int> a, b;
       threads([&] { queue.push(1); }, [&] { queue.push(2); }, [&] { a = queue.pop(); },
               [&] { b = queue.pop(); });
       check(*a + *b == 3);
     }},

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

    {"close_and_pop",
     [] {
       relaxed_priority_queue<int> queue;
       threads([&] { check(!queue.pop()); }, [&] { queue.close(); });
     }},

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

    {"close_and_discard_against_push",
     [] {
       relaxed_priority_queue<int> queue;
       bool pushed = false;
       std::size_t discarded = 0;
       threads([&] { pushed = queue.push(7); }, [&] { discarded = queue.close_and_discard(); });
       check(discarded == (pushed ? 1u : 0u));
     }},

    {"a_pop_that_times_out_loses_no_item",
     [] {
       relaxed_priority_queue<int> queue;
       bool got = false;
       threads([&] { got = queue.try_pop_for(1ms).has_value(); }, [&] { check(queue.push(7)); });
       check(queue.size() == (got ? 0u : 1u));
     }},

    {"destroys_what_is_left",
     [] {
       relaxed_priority_queue<std::unique_ptr<int>> queue;
       threads([&] { queue.push(std::make_unique<int>(1)); }, [&] { queue.push(std::make_unique<int>(2)); });
     }},

    {"join_push_and_task_done",
     [] {
       relaxed_priority_queue<int> queue;
       queue.push(1);
       threads([&] { queue.join(); }, [&] { queue.pop(), queue.task_done(); }, [&] { queue.push(2); },
               [&] { queue.pop(), queue.task_done(); });
     }},

    {"one_of_two_producers_sees_the_item_of_the_other",
     [] {
       relaxed_priority_queue<int> a, b;
       conqueue_status from_a{}, from_b{};
       const auto status_of = [](const auto& got) { return got ? conqueue_status::success : got.error(); };
       threads([&] { a.try_push(1), from_b = status_of(b.try_pop()); },
               [&] { b.try_push(1), from_a = status_of(a.try_pop()); });
       check(from_a != conqueue_status::empty || from_b != conqueue_status::empty);
     }},

    {"one_of_two_closers_sees_that_the_other_queue_is_closed",
     [] {
       relaxed_priority_queue<int> a, b;
       bool a_closed = false, b_closed = false;
       threads([&] { a.close(), b_closed = b.is_closed(); }, [&] { b.close(), a_closed = a.is_closed(); });
       check(a_closed || b_closed);
     }},
};

class relaxed_priority_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(relaxed_priority_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, relaxed_priority_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(relaxed_priority_queue_orders, every_order_of_the_store_is_needed) {
  // As in priority_queue.model.cpp.
  const std::string reason = "needed for what the getter did before with other objects";
  model::expect_orders_needed(scenarios, "heap_lanes.hpp",
                              {{"acquire taken", reason}, {"release taken", reason}});
}

}  // namespace
