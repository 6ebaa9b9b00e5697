// SPDX-License-Identifier: MIT
// spsc_queue under every schedule within the bounds of the search, on systems with and without membarrier.
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <plait/spsc_queue.hpp>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/membarrier.hpp"
#include "support/model.hpp"
#include "support/queue_scenarios.hpp"

namespace {

using plait::conqueue_status;
using plait::spsc_queue;
using verify::check;
using verify::threads;

// Pops until the queue is closed and drained: `popped` + 1, + 2 ... in order. Returns the last.
int pop_all(spsc_queue<int>& queue, int popped = 0) {
  while (const std::optional<int> item = queue.pop()) check(*item == ++popped, "items arrive in order");
  return popped;
}

const verify::scenario scenarios[] = {
    {"items_arrive_in_order_through_one_slot",
     [] {
       spsc_queue<int> queue(1);
       model::pass_in_order(queue, 3);
     }},

    {"try_calls_lose_and_invent_nothing",
     [] {
       spsc_queue<int> queue(2);
       int pushed = 0;
       int popped = 0;
       threads(
           [&] {
             for (int i = 0; i != 3; ++i)
               if (queue.try_push(pushed + 1) == conqueue_status::success) ++pushed;
           },
           [&] {
             for (int i = 0; i != 3; ++i)
               if (const auto item = queue.try_pop()) check(*item == ++popped, "items arrive in order");
           });
       while (const auto item = queue.try_pop()) check(*item == ++popped, "items arrive in order");
       check(popped == pushed, "what was pushed can be popped");
     }},

    {"a_push_that_returned_true_before_close_is_popped",
     [] {
       spsc_queue<int> queue(2);
       int pushed = 0;
       int popped = 0;
       threads(
           [&] {
             while (pushed != 2 && queue.push(pushed + 1)) ++pushed;
           },
           [&] { popped = pop_all(queue); }, [&] { queue.close(); });
       check(popped == pushed, "what was pushed is popped before closed is said");
       check(!queue.push(9) && !queue.pop(), "it stays closed");
     }},

    {"trying_consumers_too_are_told_closed_only_when_nothing_comes_any_more",
     [] {
       spsc_queue<int> queue(1);
       bool pushed = false;
       int popped = 0;
       bool told_closed = false;
       threads([&] { pushed = queue.try_push(1) == conqueue_status::success; },
               [&] {
                 for (int i = 0; i != 3; ++i) {
                   const auto item = queue.try_pop();
                   if (item) ++popped;
                   if (!item && item.error() == conqueue_status::closed) told_closed = true;
                 }
               },
               [&] { queue.close(); });
       if (told_closed) check(popped == (pushed ? 1 : 0), "nothing comes after closed");
     }},

    {"close_wakes_a_producer_that_waits_for_room",
     [] {
       spsc_queue<int> queue(1);
       queue.push(1);
       threads([&] { check(!queue.push(2), "there is no room before it is closed"); }, [&] { queue.close(); });
       check(queue.pop() == 1 && !queue.pop(), "what was inside is drained");
     }},

    {"close_wakes_a_consumer_that_waits_for_an_item",
     [] {
       spsc_queue<int> queue(1);
       threads([&] { check(!queue.pop(), "there is no item"); }, [&] { queue.close(); });
     }},

    {"a_push_that_returned_true_before_close_is_peeked_at",
     [] {
       spsc_queue<int> queue(2);
       int pushed = 0;
       int seen = 0;
       threads(
           [&] {
             while (pushed != 2 && queue.push(pushed + 1)) ++pushed;
           },
           [&] {
             for (std::span<int> items; !(items = queue.peek(1)).empty(); queue.consume(1))
               check(items.front() == ++seen, "items arrive in order");
           },
           [&] { queue.close(); });
       check(seen == pushed, "what was pushed is seen before closed is said");
     }},

    {"what_is_written_in_place_arrives_in_order_or_is_refused_by_commit",
     [] {
       spsc_queue<int> queue(1);
       int committed = 0;
       int popped = 0;
       threads(
           [&] {
             for (std::span<int> room; !(room = queue.reserve(1)).empty() && committed != 2; ++committed) {
               room.front() = committed + 1;
               if (!queue.commit(1)) return;
             }
           },
           [&] { popped = pop_all(queue); }, [&] { queue.close(); });
       check(popped == committed, "what was committed is popped before closed is said");
     }},

    {"room_made_in_place_wakes_a_producer_and_items_wake_who_peeks",
     [] {
       spsc_queue<int> queue(1);
       threads(
           [&] {
             for (int i = 1; i != 3; ++i) queue.reserve(1).front() = i, (void)queue.commit(1);
           },
           [&] {
             for (int i = 1; i != 3; ++i) check(queue.peek(1).front() == i, "items arrive"), queue.consume(1);
           });
     }},

    {"whoever_is_told_closed_sees_what_the_closer_did_before",
     [] {
       spsc_queue<int> queue(1);
       verify::plain<int> last_words;
       threads([&] { last_words.write(1), queue.close(); },
               [&] {
                 check(!queue.pop(), "there is no item");
                 check(last_words.read() == 1, "closing comes after it");
               },
               [&] {
                 if (queue.is_closed()) check(last_words.read() == 1, "closing comes after it");
               });
     }},

    {"size_is_never_more_than_was_pushed",
     [] {
       spsc_queue<int> queue(2);
       threads([&] { queue.push(1); }, [&] { (void)queue.pop(); },
               [&] { check(queue.size() <= 1, "there was one item, or none"); });
     }},

    {"batches_arrive_whole_and_in_order",
     [] {
       spsc_queue<int> queue(2);
       threads(
           [&] {
             const std::array items{1, 2, 3};
             check(queue.push_n(items.begin(), items.size()) == items.size(), "all of them go in");
             queue.close();
           },
           [&] {
             std::array<int, 2> items{};
             int last = 0;
             while (const std::size_t count = queue.pop_n(items.begin(), items.size()))
               for (std::size_t i = 0; i != count; ++i) check(items[i] == ++last, "items arrive in order");
             check(last == 3, "all of them come out");
           });
     }},

    {"single_calls_and_batches_meet_at_the_end_of_a_lap",
     [] {
       spsc_queue<int> queue(2);
       int popped = 0;
       threads(
           [&] {
             queue.push(1);
             const std::array items{2, 3};
             check(queue.push_n(items.begin(), items.size()) == items.size(), "all of them go in");
             queue.push(4);
             queue.close();
           },
           [&] {
             check(queue.pop() == ++popped, "items arrive in order");
             std::array<int, 2> items{};
             const std::size_t count = queue.pop_n(items.begin(), items.size());
             for (std::size_t i = 0; i != count; ++i) check(items[i] == ++popped, "items arrive in order");
             popped = pop_all(queue, popped);
           });
       check(popped == 4, "all of them come out");
     }},

    {"join_sees_what_was_done_for_the_items",
     [] {
       spsc_queue<int> queue(1);
       verify::plain<int> done;
       threads(
           [&] {
             queue.push(1);
             queue.join();
             check(done.read() == 1, "the work is done when join returns");
           },
           [&] {
             (void)queue.pop();
             done.write(1);
             queue.task_done();
           });
     }},

    {"elements_are_destroyed_exactly_once",
     [] {
       const auto counted = std::make_shared<int>();
       {
         spsc_queue<std::shared_ptr<int>> queue(2);
         threads([&] { queue.push(counted), queue.push(counted); }, [&] { (void)queue.pop(); });
       }
       check(counted.use_count() == 1, "every copy was destroyed");
     }},
};

class spsc_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(spsc_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, spsc_queue_model,
                         testing::ValuesIn(model::with_and_without_membarrier(scenarios)), model::name_of);

TEST(spsc_queue_orders, every_order_of_the_ring_is_needed) {
  model::expect_orders_needed(model::with_and_without_membarrier(scenarios), "spsc_ring.hpp");
}

}  // namespace
