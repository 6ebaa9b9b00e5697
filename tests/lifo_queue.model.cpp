// SPDX-License-Identifier: MIT
// Operations on a lifo_queue, in pairs and with close, under every schedule within the bounds of the search.
// Its store is that of priority_queue, whose scenarios say more about it.
#include <plait/lifo_queue.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::conqueue_status;
using plait::lifo_queue;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

using recorded_queue = model::recorded_queue<lifo_queue<int>, model::last_in_first_out>;

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable",
     [] {
       recorded_queue queue(1);
       threads([&] { queue.try_push(1), queue.try_pop(); }, [&] { queue.try_push(2), queue.try_pop(); });
     }},

    {"pushes_beside_a_trying_consumer_are_linearizable",
     [] {
       recorded_queue queue(8);
       queue.push(2);
       threads([&] { queue.try_push(1), queue.try_push(3); }, [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"a_push_that_is_refused_leaves_the_value_with_its_owner",
     [] {
       lifo_queue<std::unique_ptr<int>> queue(1);
       const auto push = [&] {
         auto value = std::make_unique<int>();
         const bool accepted = queue.try_push(std::move(value)) == conqueue_status::success;
         check((value == nullptr) == accepted);  // NOLINT(bugprone-use-after-move): that is the question
       };
       threads([&] { push(); }, [&] { push(); }, [&] { queue.try_pop(); });
     }},

    {"two_producers_and_a_trying_consumer_are_linearizable",
     [] {
       recorded_queue queue(2);
       threads([&] { queue.try_push(1); }, [&] { queue.try_push(2); },
               [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"two_consumers_and_a_producer_are_linearizable",
     [] {
       recorded_queue queue(8);
       queue.push(2);
       threads([&] { queue.try_pop(); }, [&] { queue.try_pop(); }, [&] { queue.push(1); });
     }},

    {"close_among_pushes_and_pops_is_linearizable",
     [] {
       recorded_queue queue(1);
       threads([&] { queue.push(1), queue.try_push(2); }, [&] { queue.try_pop(), queue.pop(); },
               [&] { queue.close(); });
     }},

    {"push_and_pop",
     [] {
       lifo_queue<int> queue;
       std::optional<int> got;
       threads([&] { check(queue.push(7)); }, [&] { got = queue.pop(); });
       check(got == 7);
       check(queue.empty());
     }},

    {"a_producer_and_two_consumers",
     [] {
       lifo_queue<int> queue;
       std::optional<int> a, b;
       threads([&] { queue.push(1), queue.push(2); }, [&] { a = queue.pop(); }, [&] { b = queue.pop(); });
       check(*a + *b == 3);
     }},

    {"a_push_waits_for_room",
     [] {
       lifo_queue<int> queue(1);
       queue.push(1);
       threads([&] { check(queue.push(2)); }, [&] { check(queue.pop() == 1); });
       check(queue.pop() == 2);
     }},

    {"close_and_pop",
     [] {
       lifo_queue<int> queue;
       threads([&] { check(!queue.pop()); }, [&] { queue.close(); });
     }},

    {"close_and_a_push_that_waits",
     [] {
       lifo_queue<int> queue(1);
       queue.push(1);
       threads([&] { check(!queue.push(2)); }, [&] { queue.close(); });
       check(queue.pop() == 1);
       check(!queue.pop());
     }},

    {"close_and_discard_against_pushes",
     [] {
       lifo_queue<int> queue;
       queue.push(1);
       bool pushed = false;
       std::size_t discarded = 0;
       threads([&] { pushed = queue.push(7); }, [&] { discarded = queue.close_and_discard(); });
       check(discarded == (pushed ? 2u : 1u));
     }},

    {"a_pop_that_times_out_loses_no_item",
     [] {
       lifo_queue<int> queue;
       bool got = false;
       threads([&] { got = queue.try_pop_for(1ms).has_value(); }, [&] { check(queue.push(7)); });
       check(queue.size() == (got ? 0u : 1u));
     }},

    {"destroys_what_is_left",
     [] {
       lifo_queue<std::unique_ptr<int>> queue;
       queue.push(std::make_unique<int>(0));
       threads([&] { queue.pop(); }, [&] { queue.push(std::make_unique<int>(1)); },
               [&] { queue.push(std::make_unique<int>(2)); });
     }},

    {"join_push_and_task_done",
     [] {
       lifo_queue<int> queue;
       queue.push(1);
       threads([&] { queue.join(); }, [&] { queue.pop(), queue.task_done(); }, [&] { queue.push(2); },
               [&] { queue.pop(), queue.task_done(); });
     }},

    {"one_of_two_consumers_sees_the_room_that_the_other_made",
     [] {
       lifo_queue<int> a(1), b(1);
       a.push(1);
       b.push(1);
       conqueue_status to_a{}, to_b{};
       threads([&] { check(a.try_pop().has_value()), to_b = b.try_push(2); },
               [&] { check(b.try_pop().has_value()), to_a = a.try_push(2); });
       check(to_a != conqueue_status::full || to_b != conqueue_status::full);
     }},

    {"one_of_two_producers_sees_the_item_of_the_other",
     [] {
       lifo_queue<int> a(1), b(1);
       conqueue_status from_a{}, from_b{};
       const auto status_of = [](const auto& got) { return got ? conqueue_status::success : got.error(); };
       threads([&] { a.try_push(1), from_b = status_of(b.try_pop()); },
               [&] { b.try_push(1), from_a = status_of(a.try_pop()); });
       check(from_a != conqueue_status::empty || from_b != conqueue_status::empty);
     }},
};

// A consumer stopped anywhere, with the lock in its hands included, holds up no push.
TEST(lifo_queue_freeze, a_stopped_consumer_holds_up_no_push) {
  const verify::report found = verify::freeze(
      [] {
        lifo_queue<int> queue;
        queue.push(1);
        queue.push(2);
        threads([&] { queue.try_pop(); }, [&] { queue.push(3), queue.push(4); });
      },
      1);
  EXPECT_TRUE(found) << found;
  EXPECT_TRUE(found.complete) << found;
}

// It does hold up other consumers: the guarantees table says so.
TEST(lifo_queue_freeze, a_stopped_consumer_holds_up_other_consumers) {
  const verify::report found = verify::freeze(
      [] {
        lifo_queue<int> queue;
        queue.push(1);
        queue.push(2);
        threads([&] { queue.try_pop(); }, [&] { queue.try_pop(); });
      },
      1);
  EXPECT_NE(found.failure.find("not lock-free"), std::string::npos) << found;
}

class lifo_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(lifo_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, lifo_queue_model, testing::ValuesIn(scenarios), model::name_of);

}  // namespace
