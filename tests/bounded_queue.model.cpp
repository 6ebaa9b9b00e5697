// SPDX-License-Identifier: MIT
// Every pair of operations on a bounded_queue, and the triples with close, under every schedule within
// the bounds of the search.
#include <plait/bounded_queue.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include <gtest/gtest.h>
#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

using recorded_queue =
    model::recorded_queue<bounded_queue<int>, model::first_in_first_out, model::busy::sometimes>;

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable",
     [] {
       recorded_queue queue(1);
       threads([&] { queue.try_push(1), queue.try_pop(); }, [&] { queue.try_push(2), queue.try_pop(); });
     }},

    // Back at the same slot, it must not look as if nothing had happened meanwhile.
    {"a_producer_sleeps_through_two_laps",
     [] {
       recorded_queue queue(1);
       threads([&] { queue.try_push(1); }, [&] { queue.try_push(2), queue.try_pop(), queue.try_push(3); });
     }},

    {"a_consumer_sleeps_through_two_laps",
     [] {
       recorded_queue queue(1);
       queue.push(1);
       threads([&] { queue.try_pop(); }, [&] { queue.try_pop(), queue.try_push(2), queue.try_pop(); });
     }},

    {"two_producers_and_a_trying_consumer_are_linearizable",
     [] {
       recorded_queue queue(2);
       threads([&] { queue.try_push(1); }, [&] { queue.try_push(2); },
               [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"close_among_pushes_and_pops_is_linearizable",
     [] {
       recorded_queue queue(1);
       threads([&] { queue.push(1), queue.try_push(2); }, [&] { queue.try_pop(), queue.pop(); },
               [&] { queue.close(); });
     }},

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

    {"two_producers_wait_for_room",
     [] {
       bounded_queue<int> queue(2);
       queue.push(1);
       queue.push(2);
       threads([&] { check(queue.push(3)); }, [&] { check(queue.push(4)); },
               [&] {
                 queue.pop();
                 queue.pop();
               });
       check(queue.size() == 2);
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

    {"close_wakes_every_pop",
     [] {
       bounded_queue<int> queue(1);
       const auto pop = [&] { check(!queue.pop()); };
       threads(pop, pop, [&] { queue.close(); });
     }},

    {"close_wakes_every_push",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       const auto push = [&] { check(!queue.push(2)); };
       threads(push, push, [&] { queue.close(); });
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

    {"join_returns_when_what_is_discarded_is_destroyed",
     [] {
       struct item {
         ~item() { destroyed.write(true); }
         verify::plain<bool>& destroyed;
       };
       verify::plain<bool> destroyed(false);
       bounded_queue<std::unique_ptr<item>> queue(1);
       queue.push(std::make_unique<item>(destroyed));
       threads([&] { queue.join(), check(destroyed.read()); }, [&] { queue.close_and_discard(); });
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

    {"the_last_task_done_ends_every_join",
     [] {
       bounded_queue<int> queue(1);
       queue.push(7);
       queue.pop();
       const auto join = [&] { queue.join(); };
       threads(join, join, [&] { queue.task_done(); });
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

    {"a_batch_is_no_larger_than_asked_for",
     [] {
       bounded_queue<int> queue(2);
       std::array<int, 2> got{};
       threads([&] { queue.push(1), queue.push(2); }, [&] { check(queue.pop_n(got.begin(), 1) == 1); });
       check(queue.size() == 1);
     }},

    {"destroys_what_is_left",
     [] {
       bounded_queue<std::unique_ptr<int>> queue(2);
       threads([&] { queue.push(std::make_unique<int>(1)); }, [&] { queue.push(std::make_unique<int>(2)); });
     }},

    // Linearizable means linearizable together: of two threads that each change one queue and then look at
    // the other, one sees what the other did.
    {"one_of_two_consumers_sees_the_room_that_the_other_made",
     [] {
       bounded_queue<int> a(1), b(1);
       a.push(1);
       b.push(1);
       conqueue_status to_a{}, to_b{};
       threads([&] { check(a.try_pop().has_value()), to_b = b.try_push(2); },
               [&] { check(b.try_pop().has_value()), to_a = a.try_push(2); });
       check(to_a != conqueue_status::full || to_b != conqueue_status::full);
     }},

    {"one_of_two_producers_sees_the_item_of_the_other",
     [] {
       bounded_queue<int> a(1), b(1);
       conqueue_status from_a{}, from_b{};
       const auto status_of = [](const auto& got) { return got ? conqueue_status::success : got.error(); };
       threads([&] { a.try_push(1), from_b = status_of(b.try_pop()); },
               [&] { b.try_push(1), from_a = status_of(a.try_pop()); });
       check(from_a != conqueue_status::empty || from_b != conqueue_status::empty);
     }},

    {"one_of_two_batch_consumers_sees_the_room_that_the_other_made",
     [] {
       bounded_queue<int> a(1), b(1);
       a.push(1);
       b.push(1);
       int out = 0;
       conqueue_status to_a{}, to_b{};
       threads([&] { check(a.try_pop_n(&out, 1) == 1), to_b = b.try_push(2); },
               [&] {
                 int other = 0;
                 check(b.try_pop_n(&other, 1) == 1), to_a = a.try_push(2);
               });
       check(to_a != conqueue_status::full || to_b != conqueue_status::full);
     }},

    {"one_of_two_batch_producers_sees_the_item_of_the_other",
     [] {
       bounded_queue<int> a(1), b(1);
       const int item = 1;
       conqueue_status from_a{}, from_b{};
       const auto status_of = [](const auto& got) { return got ? conqueue_status::success : got.error(); };
       threads([&] { a.try_push_n(&item, 1), from_b = status_of(b.try_pop()); },
               [&] { b.try_push_n(&item, 1), from_a = status_of(a.try_pop()); });
       check(from_a != conqueue_status::empty || from_b != conqueue_status::empty);
     }},

    {"one_of_two_closers_sees_that_the_other_queue_is_closed",
     [] {
       bounded_queue<int> a(1), b(1);
       bool a_closed = false, b_closed = false;
       threads([&] { a.close(), b_closed = b.is_closed(); }, [&] { b.close(), a_closed = a.is_closed(); });
       check(a_closed || b_closed);
     }},

    {"one_of_two_consumers_sees_that_the_other_is_done",
     [] {
       bounded_queue<int> a(1), b(1);
       a.push(1);
       b.push(1);
       std::size_t left_of_a = 0, left_of_b = 0;
       threads([&] { a.task_done(), left_of_b = b.unfinished_tasks(); },
               [&] { b.task_done(), left_of_a = a.unfinished_tasks(); });
       check(left_of_a == 0 || left_of_b == 0);
     }},

    {"size_stays_within_bounds_and_catches_up",
     [] {
       bounded_queue<int> queue(2);
       queue.push(1);
       threads(
           [&] {
             queue.push(2);
             queue.push(3);
           },
           [&] { queue.pop(); }, [&] { check(queue.size() <= 2); });
       check(queue.size() == 2);
     }},
};

// A producer stopped anywhere, in the middle of its push included, keeps nobody else busy: a try_pop ends,
// and so does a try_push.
TEST(bounded_queue_freeze, a_stopped_producer_holds_up_no_try_call) {
  const verify::report found = verify::freeze(
      [] {
        bounded_queue<int> queue(2);
        threads([&] { queue.try_push(1); }, [&] { queue.try_pop(), queue.try_push(2), queue.try_pop(); });
      },
      1);
  model::figures::add("freeze", found, found.passed());
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(found.complete) << found;
}

// It does hold up those who wait for its item: the guarantees table says so.
TEST(bounded_queue_freeze, a_stopped_producer_holds_up_who_waits_for_its_item) {
  const verify::report found = verify::freeze(
      [] {
        bounded_queue<int> queue(2);
        threads([&] { queue.push(1); }, [&] { queue.pop(); });
      },
      1);
  model::figures::add("freeze", found, !found.passed());
  EXPECT_NE(found.failure.find("not lock-free"), std::string::npos) << found;
}

TEST(bounded_queue_memory, is_allocated_by_the_constructor_or_not_at_all) {
  unsigned refused = 0;
  const verify::report found = verify::fail_allocations([&] {
    try {
      bounded_queue<int> queue(2);
      threads([&] { queue.push(1); }, [&] { queue.pop(); });
    } catch (const std::bad_alloc&) {
      ++refused;
    }
  });
  model::figures::add("fail_allocations", found, found.passed());
  EXPECT_TRUE(found) << found;
  EXPECT_GT(refused, 0u);
}

class bounded_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(bounded_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, bounded_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(bounded_queue_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "waiting_queue.hpp");
}

TEST(bounded_queue_orders, every_order_of_the_ring_is_needed) {
  model::expect_orders_needed(scenarios, "lap_ring.hpp");
}

}  // namespace
