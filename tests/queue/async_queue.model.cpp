// SPDX-License-Identifier: MIT
// Coroutines that wait at a queue, under every schedule within the bounds of the search.
#include <chrono>
#include <expected>
#include <optional>
#include <stop_token>
#include <utility>

#include <gtest/gtest.h>

#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>
#include <plait/spsc_queue.hpp>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/coroutines.hpp"
#include "support/model.hpp"

namespace {

using coroutines::task;
using plait::async_queue;
using plait::async_timers;
using plait::bounded_queue;
using plait::conqueue_status;
using plait::spsc_queue;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

// Written by whichever thread runs the coroutine, and read when it has returned.
using number = verify::plain<int>;
constexpr int nothing = -1;

// Passes in some schedules before the thread that pushes is done, and in others after: the clock moves a little
// whenever it is read.
constexpr auto deadline = 12us;

// Resumed by whoever pushes, so that the coroutine runs on inside that push.
template <class Queue>
task pop_to(Queue& queue, number& item, std::stop_token stop = {}) {
  const std::optional<int> popped = co_await async_queue(queue).async_pop(std::move(stop));
  item.write(popped.value_or(nothing));
}
template <class Queue>
task pop_until_closed(Queue& queue, number& sum) {
  while (const std::optional<int> item = co_await async_queue(queue).async_pop()) sum.write(sum.read() + *item);
}
template <class Queue>
task push_from(Queue& queue, int value, number& is_in) {
  is_in.write(co_await async_queue(queue).async_push(value));
}
template <class Queue>
task pop_within(Queue& queue, async_timers& timers, number& item) {
  const std::expected<int, conqueue_status> popped =
      co_await async_queue(queue).async_pop_for(deadline, timers);
  item.write(popped.value_or(nothing));
}

void check_returned(const task& coroutine) {
  check(coroutine.has_returned(), "a coroutine waits beside an item, or after closing");
}

template <class Queue>
void is_resumed_by_a_push() {
  Queue queue(1);
  number item(0);
  std::optional<task> popper;
  threads([&] { popper.emplace(pop_to(queue, item)); }, [&] { queue.push(1); });
  check_returned(*popper);
  check(item.read() == 1);
}

template <class Queue>
void is_resumed_by_a_pop() {
  Queue queue(1);
  queue.push(1);
  number is_in(0);
  std::optional<task> pusher;
  threads([&] { pusher.emplace(push_from(queue, 2, is_in)); },
          [&] { check(queue.pop() == 1 && queue.pop() == 2); });
  check_returned(*pusher);
  check(is_in.read() == 1);
}

const verify::scenario scenarios[] = {
    {"a_push_resumes_it", is_resumed_by_a_push<bounded_queue<int>>},
    {"a_push_without_a_read_modify_write_resumes_it", is_resumed_by_a_push<spsc_queue<int>>},
    {"a_pop_resumes_it", is_resumed_by_a_pop<bounded_queue<int>>},
    {"a_pop_without_a_read_modify_write_resumes_it", is_resumed_by_a_pop<spsc_queue<int>>},

    {"two_of_them_get_one_item_each",
     [] {
       bounded_queue<int> queue(2);
       number first(0);
       number second(0);
       std::optional<task> one;
       std::optional<task> two;
       threads([&] { one.emplace(pop_to(queue, first)); }, [&] { two.emplace(pop_to(queue, second)); },
               [&] { queue.push(1), queue.push(2); });
       check_returned(*one), check_returned(*two);
       check(first.read() + second.read() == 3);
     }},

    {"one_item_resumes_one_of_two",
     [] {
       bounded_queue<int> queue(2);
       number first(0);
       number second(0);
       const task one = pop_to(queue, first);
       std::optional<task> two;
       threads([&] { two.emplace(pop_to(queue, second)); }, [&] { queue.push(1); });
       check(one.has_returned() != two->has_returned() && first.read() + second.read() == 1);
       queue.close();
       check_returned(one), check_returned(*two);
     }},

    // A batch notifies once.
    {"a_batch_resumes_both_of_two",
     [] {
       bounded_queue<int> queue(2);
       number first(0);
       number second(0);
       const task one = pop_to(queue, first);
       std::optional<task> two;
       threads([&] { two.emplace(pop_to(queue, second)); },
               [&] {
                 const int items[] = {1, 2};
                 queue.push_n(items, 2);
               });
       check_returned(one), check_returned(*two);
       check(first.read() + second.read() == 3);
     }},

    {"two_producers_resume_it_with_both_items",
     [] {
       bounded_queue<int> queue(2);
       number sum(0);
       const task popper = pop_until_closed(queue, sum);
       threads([&] { queue.push(1); }, [&] { queue.push(2); });
       check(queue.empty() && sum.read() == 3, "an item is left beside a coroutine that waits");
       queue.close();
       check_returned(popper);
     }},

    {"a_thread_is_woken_beside_it",
     [] {
       bounded_queue<int> queue(2);
       number item(0);
       const task popper = pop_to(queue, item);
       int own = 0;
       threads([&] { own = queue.pop().value_or(nothing); }, [&] { queue.push(1), queue.push(2); });
       check_returned(popper);
       check(item.read() + own == 3);
     }},

    {"closing_resumes_it_after_the_last_item",
     [] {
       bounded_queue<int> queue(1);
       number sum(0);
       std::optional<task> popper;
       bool is_in = false;
       threads([&] { popper.emplace(pop_until_closed(queue, sum)); }, [&] { is_in = queue.push(1); },
               [&] { queue.close(); });
       check_returned(*popper);
       check(sum.read() == (is_in ? 1 : 0), "an item that was pushed before the close is popped");
     }},

    {"a_stop_request_loses_no_item_and_no_wake",
     [] {
       bounded_queue<int> queue(1);
       number item(0);
       std::stop_source stop;
       std::optional<task> popper;
       threads([&] { popper.emplace(pop_to(queue, item, stop.get_token())); },
               [&] { verify::request_stop(stop); }, [&] { queue.push(1); });
       check_returned(*popper);
       check(queue.try_pop().value_or(0) + item.read() == (item.read() == nothing ? 0 : 1));
     }},

    {"a_stop_request_ends_it_whenever_it_comes",
     [] {
       bounded_queue<int> queue(1);
       number item(0);
       std::stop_source stop;
       std::optional<task> popper;
       threads([&] { popper.emplace(pop_to(queue, item, stop.get_token())); },
               [&] { verify::request_stop(stop); });
       check_returned(*popper);
       check(item.read() == nothing);
     }},

    // The notifier finds that another has taken the item, and registers it again while the stop is requested.
    {"a_stop_request_ends_one_that_a_notifier_is_registering_again",
     [] {
       bounded_queue<int> queue(1);
       number item(0);
       std::stop_source stop;
       const task popper = pop_to(queue, item, stop.get_token());
       threads([&] { queue.push(1); }, [&] { (void)queue.try_pop(); }, [&] { verify::request_stop(stop); });
       check_returned(popper);
     }},

    {"a_deadline_loses_no_item_and_no_wake",
     [] {
       bounded_queue<int> queue(1);
       async_timers timers;
       number item(0);
       const task popper = pop_within(queue, timers, item);
       threads([&] { queue.push(1); },
               [&] {
                 while (timers.expire()) plait::detail::sync::yield();
               });
       check_returned(popper);
       check(queue.try_pop().value_or(0) + item.read() == (item.read() == nothing ? 0 : 1));
     }},

    {"what_a_deadline_leaves_over_resumes_another",
     [] {
       bounded_queue<int> queue(1);
       async_timers timers;
       number first(0);
       number second(0);
       const task impatient = pop_within(queue, timers, first);
       const task patient = pop_to(queue, second);
       threads([&] { queue.push(1); },
               [&] {
                 while (timers.expire()) plait::detail::sync::yield();
               });
       check_returned(impatient);
       check(queue.empty(), "the item is left beside a coroutine that waits");
       check(patient.has_returned() == (first.read() == nothing));
       queue.close();
     }},

    {"a_thread_that_runs_the_timers_ends_a_wait",
     [] {
       bounded_queue<int> queue(1);
       async_timers timers;
       std::stop_source stop;
       const auto wait = [&]() -> task {
         (void)co_await async_queue(queue).async_pop_for(deadline, timers);
         verify::request_stop(stop);
       };
       std::optional<task> popper;
       threads([&] { timers.run(stop.get_token()); }, [&] { popper.emplace(wait()); });
       check_returned(*popper);
     }},
};

class async_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(async_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, async_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(async_queue_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "wait_timers.hpp");
}

}  // namespace
