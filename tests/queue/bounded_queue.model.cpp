// SPDX-License-Identifier: MIT
// Every pair of operations on a bounded_queue, and the triples with close, under every schedule within
// the bounds of the search.
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/queue_scenarios.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using verify::check;
using verify::threads;

using int_queue = bounded_queue<int>;
using recorded_queue = model::recorded_queue<int_queue, model::first_in_first_out, model::busy::sometimes>;

// One who is told when all is done, and no thread: the doorbell of an event loop.
class told_of_the_end final : plait::detail::registered_waiter {
 public:
  explicit told_of_the_end(int_queue& queue) : queue_(queue) {}

  // True: it is told when all is done. False: all is.
  bool ask() noexcept {
    return plait::detail::machinery_of(queue_).all_done().enter_unless(
        *this, [this]() noexcept { return queue_.unfinished_tasks() == 0; });
  }
  bool is_told() const noexcept { return is_told_.load(plait::detail::sync::seq_cst); }

 private:
  bool notified() noexcept override {
    check(queue_.unfinished_tasks() == 0);
    is_told_.store(true, plait::detail::sync::seq_cst);
    return true;
  }

  int_queue& queue_;
  plait::detail::sync::atomic<bool> is_told_{false};
};

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable", model::try_calls<recorded_queue, 1>},

    // When it comes back to the same slot, it must see that the slot has changed meanwhile.
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
     model::two_producers_and_a_trying_consumer<recorded_queue, 2>},
    {"full_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_by_push); }},
    {"empty_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_by_pop); }},
    {"empty_is_never_said_of_a_queue_that_always_has_an_item",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_at_empty); }},
    {"the_size_is_never_too_low",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_at_size); }},
    {"close_among_pushes_and_pops_is_linearizable", model::close_among_pushes_and_pops<recorded_queue, 1>},
    {"size_is_never_more_than_was_pushed", model::size_beside_a_push_and_a_pop<int_queue, 3>},
    {"push_and_pop", model::push_and_pop<int_queue, 2>},

    // The one that takes nothing may have been woken instead of the one that takes.
    {"a_wait_for_an_item_passes_its_wake_on",
     [] {
       int_queue queue(1);
       threads([&] { check(queue.wait_to_pop(), "there is an item"); }, [&] { check(queue.pop() == 1); },
               [&] {
                 queue.push(1);
                 queue.push(2);  // so that there is one even if the first is taken before the other looks
               });
     }},
    {"a_wait_for_room_passes_its_wake_on",
     [] {
       int_queue queue(1);
       queue.push(1);
       threads([&] { check(queue.wait_to_push(), "there is room"); }, [&] { check(queue.push(2)); },
               [&] {
                 (void)queue.pop();
                 (void)queue.pop();
               });
     }},
    {"a_wait_for_an_item_finds_the_one_that_came_before_the_close",
     [] {
       int_queue queue(1);
       threads([&] { check(queue.wait_to_pop(), "there is an item"); }, [&] { queue.push(1), queue.close(); });
     }},
    {"close_ends_waits_that_take_nothing",
     [] {
       int_queue queue(1);
       const auto wait = [&] { check(!queue.wait_to_pop(), "there is nothing"); };
       threads(wait, wait, [&] { queue.close(); });
     }},
    {"push_and_pop_on_two_processors", model::push_and_pop<int_queue, 1>, {.processors = 2}},

    {"items_of_one_producer_stay_in_order",
     [] {
       bounded_queue<int> queue(2);
       model::pass_in_order(queue, 3);
     }},

    {"a_push_waits_for_room", model::a_push_waits_for_room<int_queue, 1>},
    {"two_producers_and_a_consumer", model::two_producers_and_a_consumer<int_queue, 1>},
    {"two_producers_wait_for_room", model::two_producers_wait_for_room<int_queue, 2>},
    {"a_producer_and_two_consumers", model::a_producer_and_two_consumers<int_queue, 2>},
    {"two_producers_and_two_consumers_of_one_slot",
     model::two_producers_and_two_consumers<int_queue, 1>,
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

    {"close_and_push", model::close_and_push<int_queue, 1>},
    {"close_and_a_push_that_waits", model::close_and_a_push_that_waits<int_queue, 1>},
    {"close_and_pop", model::close_and_pop<int_queue, 1>},

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

    {"close_push_and_pop", model::close_push_and_pop<int_queue, 1>},
    {"close_and_discard_against_push", model::close_and_discard_against_push<int_queue, 1>},

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

    {"a_pop_that_times_out_loses_no_item", model::a_pop_that_times_out<int_queue, 1>},
    {"a_stop_request_and_a_pop", model::a_stop_request_and_a_pop<int_queue, 1>},

    {"join_waits_for_task_done",
     [] {
       bounded_queue<int> queue(1);
       verify::plain<bool> done(false);
       queue.push(7);
       (void)queue.pop();
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
       (void)queue.pop();
       const auto join = [&] { queue.join(); };
       threads(join, join, [&] { queue.task_done(); });
     }},

    {"the_last_task_done_tells_who_is_no_thread",
     [] {
       int_queue queue(2);
       queue.push(1), queue.push(2);
       (void)queue.pop(), (void)queue.pop();
       told_of_the_end waiter(queue);
       bool has_asked = false;
       threads([&] { has_asked = waiter.ask(); }, [&] { queue.task_done(); }, [&] { queue.task_done(); },
               [&] { queue.join(); });
       check(queue.unfinished_tasks() == 0 && waiter.is_told() == has_asked);
     }},

    {"task_done_does_not_take_an_old_tail_for_a_task_too_many",
     [] {
       bounded_queue<int> queue(2);
       queue.push(1);
       (void)queue.pop();
       threads([&] { queue.push(2); },
               [&] {
                 if (queue.try_pop()) queue.task_done();
               },
               [&] { queue.task_done(); });
     }},

    {"join_push_and_task_done",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       threads([&] { queue.join(); },
               [&] {
                 (void)queue.pop();
                 queue.task_done();
               },
               [&] {
                 (void)queue.pop(std::stop_token());
                 queue.task_done();
               },
               [&] { queue.push(2); });
     }},

    {"a_pop_that_lost_the_item_to_one_after_the_close_does_not_say_empty",
     [] {
       bounded_queue<int> queue(1);
       queue.push(1);
       threads(
           [&] {
             const auto item = queue.try_pop();
             check(item || item.error() != plait::conqueue_status::empty, "it was never empty and open");
           },
           [&] {
             queue.close();
             (void)queue.try_pop();
           });
     }},

    // The count of tasks done may be seen before the put that it counts.
    {"task_done_takes_no_old_tail_for_a_task_too_many",
     [] {
       bounded_queue<int> queue(2);
       queue.push(1);
       threads(
           [&] {
             (void)queue.pop();
             queue.task_done();
           },
           [&] {
             queue.push(2);
             (void)queue.pop();
             queue.task_done();
           });
     }},
    {"a_batch_that_has_waited_hands_on_the_items_it_leaves",
     model::a_batch_hands_on_the_items_it_leaves<int_queue, 2>},
    {"a_batch_that_has_waited_hands_on_the_room_it_leaves",
     model::a_batch_hands_on_the_room_it_leaves<int_queue>},
    {"a_batch_that_makes_its_elements_hands_on_the_room_it_leaves",
     model::a_batch_that_makes_its_elements_hands_on_the_room_it_leaves<int_queue>},
    {"batches_of_two_producers_stay_together_or_in_order", model::batches_of_two_producers<int_queue, 2>},

    {"a_batch_is_no_larger_than_asked_for",
     [] {
       bounded_queue<int> queue(2);
       std::array<int, 2> got{};
       threads([&] { queue.push(1), queue.push(2); }, [&] { check(queue.pop_n(got.begin(), 1) == 1); });
       check(queue.size() == 1);
     }},

    {"destroys_what_is_left", model::destroys_what_is_left<bounded_queue<std::unique_ptr<int>>, 2>},
    {"one_of_two_consumers_sees_the_room_that_the_other_made",
     model::one_of_two_sees<int_queue, 1>(model::one_inside, model::take, model::room)},
    {"one_of_two_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue, 1>(model::nothing_inside, model::put, model::an_item)},
    {"one_of_two_batch_consumers_sees_the_room_that_the_other_made",
     model::one_of_two_sees<int_queue, 1>(model::one_inside, model::take_batch, model::room)},
    {"one_of_two_batch_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue, 1>(model::nothing_inside, model::put_batch, model::an_item)},
    {"one_of_two_closers_sees_that_the_other_queue_is_closed",
     model::one_of_two_sees<int_queue, 1>(model::nothing_inside, model::close_it, model::that_it_is_closed)},
    {"one_of_two_consumers_sees_that_the_other_is_done",
     model::one_of_two_sees<int_queue, 1>(model::one_inside, model::finish, model::that_all_is_done)},

    {"size_stays_within_bounds_and_catches_up",
     [] {
       bounded_queue<int> queue(2);
       queue.push(1);
       threads(
           [&] {
             queue.push(2);
             queue.push(3);
           },
           [&] { (void)queue.pop(); }, [&] { check(queue.size() <= 2); });
       check(queue.size() == 2);
     }},
};

// With a producer stopped anywhere, in the middle of its push included, a try_pop ends, and so does a try_push.
TEST(bounded_queue_freeze, a_stopped_producer_holds_up_no_try_call) {
  model::expect_others_go_on([] {
    bounded_queue<int> queue(2);
    threads([&] { (void)queue.try_push(1); },
            [&] {
              (void)queue.try_pop();
              (void)queue.try_push(2);
              (void)queue.try_pop();
            });
  });
}

TEST(bounded_queue_freeze, a_stopped_producer_holds_up_who_waits_for_its_item) {
  model::expect_others_held_up(model::push_and_pop<int_queue, 2>);
}

TEST(bounded_queue_memory, is_allocated_by_the_constructor_or_not_at_all) {
  unsigned refused = 0;
  const verify::report found = verify::fail_allocations([&] {
    try {
      bounded_queue<int> queue(2);
      threads([&] { queue.push(1); }, [&] { (void)queue.pop(); });
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
  model::expect_orders_needed(scenarios, "waiting_store.hpp");
}

TEST(bounded_queue_orders, every_order_of_the_ring_is_needed) {
  model::expect_orders_needed(scenarios, "lap_ring.hpp");
}

}  // namespace
