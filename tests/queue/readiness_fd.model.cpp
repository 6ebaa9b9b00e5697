// SPDX-License-Identifier: MIT
// An event loop that is told of a queue's items, under every schedule within the bounds of the search.
#include <memory>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/readiness_fd.hpp>
#include <plait/spsc_queue.hpp>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/model.hpp"

namespace {

using plait::bounded_queue;
using plait::readiness_fd;
using plait::spsc_queue;
using verify::check;
using verify::threads;

// Serves the queue until `count` items have come or it is closed and drained, asleep whenever it is empty.
template <class Queue>
int served(Queue& queue, readiness_fd<Queue>& ready, int count) {
  int got = 0;
  for (;;) {
    while (queue.try_pop()) ++got;
    if (got == count || (queue.is_closed() && queue.empty())) return got;
    if (ready.rearm()) ready.native_handle()->wait_until_readable();
  }
}

const verify::scenario scenarios[] = {
    {"no_item_goes_unnoticed",
     [] {
       bounded_queue<int> queue(2);
       readiness_fd ready(queue);
       threads([&] { check(served(queue, ready, 2) == 2); }, [&] { queue.push(1), queue.push(2); });
     }},

    {"two_producers_are_noticed",
     [] {
       bounded_queue<int> queue(2);
       readiness_fd ready(queue);
       threads([&] { check(served(queue, ready, 2) == 2); }, [&] { queue.push(1); }, [&] { queue.push(2); });
     }},

    {"a_producer_without_a_read_modify_write_is_noticed",
     [] {
       spsc_queue<int> queue(1);
       readiness_fd ready(queue);
       threads([&] { check(served(queue, ready, 2) == 2); }, [&] { queue.push(1), queue.push(2); });
     }},

    {"closing_is_noticed",
     [] {
       bounded_queue<int> queue(2);
       readiness_fd ready(queue);
       threads([&] { served(queue, ready, 2); }, [&] { queue.push(1); }, [&] { queue.close(); });
     }},

    {"a_thread_that_pops_is_woken_as_well",
     [] {
       bounded_queue<int> queue(2);
       readiness_fd ready(queue);
       threads([&] { check(queue.pop() == 1); }, [&] { queue.push(1); },
               [&] { ready.native_handle()->wait_until_readable(); });
     }},

    {"both_of_two_are_told",
     [] {
       bounded_queue<int> queue(2);
       readiness_fd first(queue);
       readiness_fd second(queue);
       threads([&] { queue.push(1); }, [&] { first.native_handle()->wait_until_readable(); },
               [&] { second.native_handle()->wait_until_readable(); });
     }},

    // The push may tell it once more after it has been armed again: it finds nothing then, and is armed.
    {"a_loop_is_not_woken_again_and_again_by_one_push",
     [] {
       bounded_queue<int> queue(2);
       readiness_fd ready(queue);
       threads([&] { queue.push(1); },
               [&] {
                 const auto* const descriptor = ready.native_handle();
                 descriptor->wait_until_readable();
                 check(queue.try_pop() && ready.rearm());
                 int woken = 0;
                 for (int i = 0; i != 3; ++i) {
                   woken += descriptor->is_readable();
                   ready.rearm();
                 }
                 check(woken <= 1, "it goes round without anything to do");
               });
     }},

    {"what_comes_while_it_is_made_is_noticed",
     [] {
       bounded_queue<int> queue(2);
       threads([&] { readiness_fd(queue).native_handle()->wait_until_readable(); }, [&] { queue.push(1); });
     }},

    {"closing_while_it_is_made_is_noticed",
     [] {
       bounded_queue<int> queue(2);
       threads([&] { readiness_fd(queue).native_handle()->wait_until_readable(); }, [&] { queue.close(); });
     }},

    {"it_may_be_destroyed_while_items_come",
     [] {
       bounded_queue<int> queue(2);
       threads([&] { std::make_unique<readiness_fd<bounded_queue<int>>>(queue).reset(); },
               [&] { queue.push(1); }, [&] { queue.close(); });
     }},
};

class readiness_fd_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(readiness_fd_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, readiness_fd_model, testing::ValuesIn(scenarios), model::name_of);

TEST(readiness_fd_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "readiness_fd.hpp");
}

}  // namespace
