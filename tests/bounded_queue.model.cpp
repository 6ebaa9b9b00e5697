// SPDX-License-Identifier: MIT
// Every pair of operations on a bounded_queue, and the triples with close, under every schedule within
// the bounds of the search.
#include <plait/bounded_queue.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <vector>

#include <gtest/gtest.h>
#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

const verify::scenario scenarios[] = {
    {"push_and_pop",
     [] {
       bounded_queue<int> queue(2);
       std::optional<int> got;
       threads([&] { check(queue.push(7)); }, [&] { got = queue.pop(); });
       check(got == 7);
       check(queue.empty());
     }},

    {"push_and_pop_on_two_processors",
     [] {
       bounded_queue<int> queue(1);
       std::optional<int> got;
       threads([&] { check(queue.push(7)); }, [&] { got = queue.pop(); });
       check(got == 7);
     },
     {.processors = 2}},

    {"items_of_one_producer_stay_in_order",
     [] {
       bounded_queue<int> queue(2);
       threads(
           [&] {
             for (int i = 1; i <= 3; ++i) check(queue.push(i));
           },
           [&] {
             for (int i = 1; i <= 3; ++i) check(queue.pop() == i);
           });
     }},

    {"a_push_waits_for_room",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       threads([&] { check(queue.push(2)); }, [&] { check(queue.pop() == 1); });
       check(queue.pop() == 2);
     }},

    {"two_producers_and_a_consumer",
     [] {
       bounded_queue<int> queue(1);
       int sum = 0;
       threads([&] { check(queue.push(1)); }, [&] { check(queue.push(2)); },
               [&] {
                 sum += *queue.pop();
                 sum += *queue.pop();
               });
       check(sum == 3);
     }},

    {"a_producer_and_two_consumers",
     [] {
       bounded_queue<int> queue(2);
       std::optional<int> a, b;
       threads(
           [&] {
             queue.push(1);
             queue.push(2);
           },
           [&] { a = queue.pop(); }, [&] { b = queue.pop(); });
       check(*a + *b == 3);
     }},

    {"two_producers_and_two_consumers_of_one_slot",
     [] {
       bounded_queue<int> queue(1);
       std::optional<int> a, b;
       threads([&] { queue.push(1); }, [&] { queue.push(2); }, [&] { a = queue.pop(); },
               [&] { b = queue.pop(); });
       check(*a + *b == 3);
     },
     {.priorities = 20'000, .random = 20'000}},

    {"try_push_and_try_pop",
     [] {
       bounded_queue<int> queue(1);
       conqueue_status pushed{};
       std::optional<conqueue_status> failed;
       threads([&] { pushed = queue.try_push(7); },
               [&] {
                 const auto got = queue.try_pop();
                 if (!got) failed = got.error();
               });
       check(pushed == conqueue_status::success, "an empty queue has room");
       check(!failed || failed == conqueue_status::empty || failed == conqueue_status::busy);
       check(queue.size() == (failed ? 1u : 0u));
     }},

    {"try_push_says_full_only_if_it_was",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       conqueue_status pushed{};
       threads([&] { pushed = queue.try_push(2); }, [&] { check(queue.try_pop().has_value()); });
       check(pushed == conqueue_status::success || pushed == conqueue_status::full ||
             pushed == conqueue_status::busy);
       check(queue.size() == (pushed == conqueue_status::success ? 1u : 0u));
     }},

    {"close_and_push",
     [] {
       bounded_queue<int> queue(1);
       bool pushed = false;
       threads([&] { pushed = queue.push(7); }, [&] { queue.close(); });
       check(queue.pop().has_value() == pushed, "what was accepted can be popped");
       check(!queue.pop());
     }},

    {"close_and_a_push_that_waits",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       threads([&] { check(!queue.push(2)); }, [&] { queue.close(); });
       check(queue.pop() == 1);
       check(!queue.pop());
     }},

    {"close_and_pop",
     [] {
       bounded_queue<int> queue(1);
       threads([&] { check(!queue.pop()); }, [&] { queue.close(); });
     }},

    {"close_push_and_pop",
     [] {
       bounded_queue<int> queue(1);
       bool pushed = false;
       std::optional<int> got;
       threads([&] { pushed = queue.push(7); }, [&] { got = queue.pop(); }, [&] { queue.close(); });
       check(got.has_value() == pushed, "an item that was accepted reaches the consumer");
     }},

    {"close_and_discard_against_push",
     [] {
       bounded_queue<int> queue(1);
       bool pushed = false;
       std::size_t discarded = 0;
       threads([&] { pushed = queue.push(7); }, [&] { discarded = queue.close_and_discard(); });
       check(discarded == (pushed ? 1u : 0u));
     }},

    {"a_pop_that_times_out_loses_no_item",
     [] {
       bounded_queue<int> queue(1);
       bool got = false;
       threads([&] { got = queue.try_pop_for(1ms).has_value(); }, [&] { check(queue.push(7)); });
       check(queue.size() == (got ? 0u : 1u));
     }},

    {"a_stop_request_and_a_pop",
     [] {
       bounded_queue<int> queue(1);
       std::stop_source stop;
       threads([&] { check(!queue.pop(stop.get_token())); }, [&] { verify::request_stop(stop); });
     }},

    {"join_waits_for_task_done",
     [] {
       bounded_queue<int> queue(1);
       verify::plain<bool> done(false);
       queue.push(7);
       queue.pop();
       threads([&] { queue.join(), check(done.read()); },
               [&] {
                 done.write(true);
                 queue.task_done();
               });
     }},

    {"join_push_and_task_done",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       threads([&] { queue.join(); },
               [&] {
                 queue.pop();
                 queue.task_done();
               },
               [&] {
                 queue.pop(std::stop_token());
                 queue.task_done();
               },
               [&] { queue.push(2); });
     }},

    {"batches_of_two_producers_stay_together_or_in_order",
     [] {
       bounded_queue<int> queue(2);
       const std::vector<int> items{1, 2};
       std::array<int, 3> got{};
       threads([&] { check(queue.push_n(items.begin(), 2) == 2); }, [&] { check(queue.push(3)); },
               [&] {
                 std::size_t popped = 0;
                 while (popped != 3) popped += queue.pop_n(got.begin() + popped, 3 - popped);
               });
       check(got[0] + got[1] + got[2] == 6);
     }},

    {"destroys_what_is_left",
     [] {
       bounded_queue<std::unique_ptr<int>> queue(2);
       threads([&] { queue.push(std::make_unique<int>(1)); }, [&] { queue.push(std::make_unique<int>(2)); });
     }},
};

class bounded_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(bounded_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, bounded_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(bounded_queue_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "bounded_queue.hpp");
}

}  // namespace
