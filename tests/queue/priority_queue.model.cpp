// SPDX-License-Identifier: MIT
// Operations on a priority_queue, in pairs and with close, under every schedule within the bounds of the
// search: above all its store, with the lock, the inbox and the counts in one word.
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <plait/priority_queue.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/queue_scenarios.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::conqueue_status;
using plait::priority_queue;
using verify::check;
using verify::threads;

using int_queue = priority_queue<int>;
using recorded_queue = model::recorded_queue<int_queue, model::smallest_first, model::busy::sometimes>;

// Throws when it compares 1 and 2 for the first time.
struct throwing_less {
  bool* throws;
  bool operator()(int a, int b) const {
    if (a + b == 3 && std::exchange(*throws, false)) throw std::domain_error("no order");
    return a < b;
  }
};

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable", model::try_calls<recorded_queue, 1>},
    {"pushes_beside_a_trying_consumer_are_linearizable",
     model::pushes_beside_a_trying_consumer<recorded_queue, 8>},
    {"two_producers_and_a_trying_consumer_are_linearizable",
     model::two_producers_and_a_trying_consumer<recorded_queue, 2>},
    {"two_consumers_and_a_producer_are_linearizable",
     model::two_trying_consumers_and_a_producer<recorded_queue, 8>},
    {"close_among_pushes_and_pops_is_linearizable", model::close_among_pushes_and_pops<recorded_queue, 1>},

    // A pop takes effect when it takes the lock. Until it has counted its item, a push may be posted and
    // another one may find no credit.
    {"full_is_exact_while_a_pop_is_under_way", model::pushes_beside_a_trying_consumer<recorded_queue, 2>},
    {"full_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_by_push); }},
    {"empty_is_exact_for_a_third_thread",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_by_pop); }},
    {"empty_is_never_said_of_a_queue_that_always_has_an_item",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_at_empty); }},
    {"the_size_is_never_too_low",
     [] { model::looks_of_a_third_thread<recorded_queue, 2>(model::look_at_size); }},

    {"close_beside_a_push_that_finds_the_lock_taken_is_linearizable",
     [] {
       recorded_queue queue(8);
       queue.push(1);
       threads([&] { queue.try_pop(), queue.try_pop(); }, [&] { queue.try_push(2); }, [&] { queue.close(); });
     }},

    {"a_push_that_gives_up_takes_no_wake_along",
     model::a_push_that_gives_up_takes_no_wake_along<int_queue>,
     {.deadlines_may_help = false}},
    {"a_pop_that_gives_up_takes_no_wake_along",
     model::a_pop_that_gives_up_takes_no_wake_along<int_queue, 2>,
     {.deadlines_may_help = false}},

    {"size_is_never_more_than_was_pushed", model::size_beside_a_push_and_a_pop<int_queue>},
    {"push_and_pop", model::push_and_pop<int_queue>},
    {"push_and_pop_on_two_processors", model::push_and_pop<int_queue, 1>, {.processors = 2}},
    {"a_producer_and_two_consumers", model::a_producer_and_two_consumers<int_queue>},
    {"two_producers_and_a_consumer_of_one_place", model::two_producers_and_a_consumer<int_queue, 1>},
    {"a_push_waits_for_room", model::a_push_waits_for_room<int_queue, 1>},
    {"two_producers_wait_for_room", model::two_producers_wait_for_room<int_queue, 2>},
    {"close_and_pop", model::close_and_pop<int_queue>},
    {"close_and_a_push_that_waits", model::close_and_a_push_that_waits<int_queue, 1>},
    {"close_and_discard_against_pushes", model::close_and_discard_against_pushes<int_queue>},
    {"a_pop_that_times_out_loses_no_item", model::a_pop_that_times_out<int_queue>},

    {"a_push_that_is_turned_away_keeps_its_value",
     [] {
       priority_queue<std::unique_ptr<int>> queue(2);
       auto value = std::make_unique<int>(2);
       queue.push(std::make_unique<int>(1));
       conqueue_status pushed{};
       threads([&] { (void)queue.try_pop(); }, [&] { pushed = queue.try_push(std::move(value)); },
               [&] { queue.close(); });
       check((value == nullptr) == (pushed == conqueue_status::success));
     }},

    {"destroys_what_is_left", model::destroys_what_a_pop_leaves<priority_queue<std::unique_ptr<int>>>},

    {"equals_of_one_producer_stay_in_order",
     [] {
       using task = plait::prioritized<int, int>;
       priority_queue<task, std::less<>, plait::stable_order> queue;
       queue.push({0, 0});
       threads([&] { queue.push({1, 1}), queue.push({1, 2}); }, [&] { check(queue.pop()->value == 0); });
       check(queue.pop()->value == 1);
       check(queue.pop()->value == 2);
     }},

    {"join_push_and_task_done", model::join_push_and_task_done<int_queue>},

    {"batches_are_put_and_taken_whole",
     [] {
       priority_queue<int> queue(3);
       const int items[] = {2, 1};
       int got[3] = {};
       std::size_t popped = 0;
       threads([&] { check(queue.push_n(items, 2) == 2); }, [&] { check(queue.push(3)); },
               [&] {
                 popped = queue.pop_n(got, 3);
                 popped += queue.try_pop_n(got + popped, 3 - popped);
               });
       check(queue.size() == 3 - popped);
     }},

    {"a_comparator_that_throws_wakes_another_consumer",
     [] {
       bool throws = true;
       priority_queue<int, throwing_less> queue{throwing_less{&throws}};
       int taken = 0, thrown = 0;
       const auto consume = [&] {
         try {
           if (queue.pop()) ++taken;
         } catch (const std::domain_error&) {
           ++thrown;
         }
       };
       threads(consume, consume, [&] {
         queue.push(0);
         queue.push(1);
         try {
           queue.push(2);
         } catch (const std::domain_error&) {
           queue.push(2);
         }
       });
       check(taken + thrown == 2);
       check(queue.size() == 3u - static_cast<unsigned>(taken));
     }},

    {"one_of_two_consumers_sees_the_room_that_the_other_made",
     model::one_of_two_sees<int_queue, 1>(model::one_inside, model::take, model::room)},
    {"one_of_two_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue, 1>(model::nothing_inside, model::put, model::an_item)},
    {"one_of_two_closers_sees_that_the_other_queue_is_closed",
     model::one_of_two_sees<int_queue>(model::nothing_inside, model::close_it, model::that_it_is_closed)},

    {"size_stays_within_bounds_and_catches_up",
     [] {
       priority_queue<int> queue(2);
       threads([&] { queue.push(1), queue.push(2); }, [&] { (void)queue.pop(); },
               [&] { check(queue.size() <= 2); });
       check(queue.size() == 1);
     }},
};

// A consumer stopped anywhere, even while it holds the lock, holds up no push.
TEST(priority_queue_freeze, a_stopped_consumer_holds_up_no_push) {
  model::expect_others_go_on(model::a_consumer_and_pushes<int_queue>);
}

TEST(priority_queue_freeze, a_stopped_consumer_holds_up_other_consumers) {
  model::expect_others_held_up(model::two_consumers<int_queue>);
}

TEST(priority_queue_memory, a_push_that_finds_none_throws_and_leaves_the_queue_as_it_was) {
  unsigned refused = 0;
  const verify::report found = verify::fail_allocations([&] {
    priority_queue<int> queue;
    std::size_t pushed = 0;
    std::optional<int> got;
    threads([&] {
      for (int i = 20; i != 0; --i) {
        try {
          queue.push(i), ++pushed;
        } catch (const std::bad_alloc&) {
          ++refused;
        }
      }
      check(queue.size() == pushed);
      queue.close();
      for (int last = 0; (got = queue.pop()); last = *got, --pushed) check(*got > last);
    });
    check(pushed == 0);
  });
  EXPECT_TRUE(found) << found;
  EXPECT_GT(refused, 0u);
}

// An item may be left in the inbox only if the array has room for it: if there were no memory later, its push
// would have returned already.
TEST(priority_queue_memory, what_was_accepted_needs_no_more) {
  const verify::report found = verify::fail_allocations([] {
    constexpr int before_it_grows = 16;
    priority_queue<int> queue;
    try {
      for (int i = 0; i != before_it_grows; ++i) queue.push(i);
    } catch (const std::bad_alloc&) {
      return;
    }
    int pushed = before_it_grows;
    threads([&] { queue.close(); },
            [&] {
              try {
                if (queue.push(pushed)) ++pushed;
              } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it was not accepted
              }
            });
    for (int i = 0; i != pushed; ++i) check(queue.pop() == i);
    check(!queue.pop());
  });
  EXPECT_TRUE(found) << found;
}

class priority_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(priority_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, priority_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(priority_queue_orders, every_order_of_the_store_is_needed) {
  model::expect_orders_needed(scenarios, "guarded_store.hpp");
}

TEST(priority_queue_orders, every_order_of_the_inbox_is_needed) {
  model::expect_orders_needed(scenarios, "push_inbox.hpp");
}

}  // namespace
