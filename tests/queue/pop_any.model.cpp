// SPDX-License-Identifier: MIT
// Waiting at two queues at once, under every schedule within the bounds of the search.
#include <array>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>
#include <plait/spsc_queue.hpp>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/model.hpp"

namespace {

using plait::bounded_queue;
using plait::pop_any;
using plait::spsc_queue;
using verify::check;
using verify::threads;

const verify::scenario scenarios[] = {
    {"items_of_both_queues_wake_it",
     [] {
       bounded_queue<int> first(1);
       bounded_queue<int> second(1);
       threads([&] { first.push(1); }, [&] { second.push(2); },
               [&] {
                 int sum = 0;
                 for (int i = 0; i != 2; ++i) {
                   const auto item = pop_any(first, second);
                   sum += item->index() == 0 ? std::get<0>(*item) : std::get<1>(*item);
                 }
                 check(sum == 3, "both items arrive");
               });
     }},

    {"empty_is_not_said_while_one_of_the_queues_has_an_item",
     [] {
       bounded_queue<int> first(1);
       bounded_queue<int> second(1);
       first.push(1);
       threads(
           [&] {
             second.push(2);
             (void)first.try_pop();  // so that one of the queues has had an item at every moment
           },
           [&] {
             const auto item = plait::try_pop_any(second, first);
             check(item || item.error() == plait::conqueue_status::busy, "one of them has an item");
           });
     }},

    {"a_wake_that_it_does_not_use_is_handed_on",
     [] {
       bounded_queue<int> first(1);
       bounded_queue<int> second(1);
       threads(
           [&] {
             // Whatever it takes, one item is left for the other.
             if (pop_any(first, second)->index() == 1) second.push(3);
           },
           [&] { (void)second.pop(); }, [&] { first.push(1); }, [&] { second.push(2); });
     }},

    {"it_ends_when_the_last_of_the_queues_is_closed",
     [] {
       bounded_queue<int> first(1);
       spsc_queue<int> second(1);
       threads([&] { check(!pop_any(first, second), "there is no item"); }, [&] { first.close(); },
               [&] { second.close(); });
     }},

    {"a_queue_without_a_read_modify_write_wakes_it_too",
     [] {
       bounded_queue<int> first(1);
       spsc_queue<int> second(1);
       threads([&] { check(pop_any(first, second)->index() == 1, "the item arrives"); },
               [&] { second.push(1); });
     }},

    {"wakes_of_both_queues_that_it_does_not_use_are_handed_on",
     [] {
       bounded_queue<int> first(2);
       bounded_queue<int> second(1);
       threads(
           [&] {
             // Whatever it takes, an item is left for each of the others.
             if (pop_any(first, second)->index() == 1) second.push(4);
           },
           [&] { (void)first.pop(); }, [&] { (void)second.pop(); },
           [&] { first.push(1), first.push(2), second.push(3); });
     }},

    {"items_of_all_queues_of_a_range_wake_it",
     [] {
       std::array<spsc_queue<int>, 2> queues{spsc_queue<int>(1), spsc_queue<int>(1)};
       threads([&] { queues[0].push(1); }, [&] { queues[1].push(2); },
               [&] {
                 int sum = 0;
                 for (int i = 0; i != 2; ++i) sum += pop_any(queues)->value;
                 check(sum == 3, "both items arrive");
               });
     }},

    {"a_wake_that_it_does_not_use_at_a_range_is_handed_on",
     [] {
       bounded_queue<int> first(1);
       bounded_queue<int> second(1);
       const std::array queues{&first, &second};
       threads(
           [&] {
             if (pop_any(queues)->index == 1) second.push(3);
           },
           [&] { (void)second.pop(); }, [&] { first.push(1); }, [&] { second.push(2); });
     }},

    {"empty_is_not_said_while_one_queue_of_a_range_has_an_item",
     [] {
       bounded_queue<int> first(1);
       bounded_queue<int> second(1);
       const std::array queues{&second, &first};
       first.push(1);
       threads(
           [&] {
             second.push(2);
             (void)first.try_pop();
           },
           [&] {
             const auto item = plait::try_pop_any(queues);
             check(item || item.error() == plait::conqueue_status::busy, "one of them has an item");
           });
     }},
};

class pop_any_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(pop_any_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, pop_any_model, testing::ValuesIn(scenarios), model::name_of);

}  // namespace
