// SPDX-License-Identifier: MIT
// Every pair of operations on an unbounded_queue, and the triples with close, under every schedule within the
// bounds of the search. Here the first segment has one cell and the others two, so that most operations reach
// the end of a segment.
#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/unbounded_queue.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/queue_scenarios.hpp"
#include "support/recorded_queue.hpp"

namespace {

using plait::unbounded_queue;
using verify::check;
using verify::threads;

using int_queue = unbounded_queue<int>;
using recorded_queue = model::recorded_queue<int_queue, model::first_in_first_out, model::busy::sometimes>;

const verify::scenario scenarios[] = {
    {"try_calls_are_linearizable", model::try_calls<recorded_queue>},
    {"try_calls_in_a_segment_of_two_are_linearizable",
     [] {
       recorded_queue queue;
       queue.push(7), queue.pop();  // the first segment has one cell
       threads([&] { queue.try_push(1), queue.try_pop(); }, [&] { queue.try_push(2), queue.try_pop(); });
     }},
    {"two_producers_and_a_trying_consumer_are_linearizable",
     model::two_producers_and_a_trying_consumer<recorded_queue>},

    {"two_trying_consumers_are_linearizable",
     [] {
       recorded_queue queue;
       queue.push(1);
       queue.push(2);
       threads([&] { queue.try_pop(), queue.try_pop(); }, [&] { queue.try_pop(), queue.try_pop(); });
     }},

    {"close_among_pushes_and_pops_is_linearizable", model::close_among_pushes_and_pops<recorded_queue>},

    {"close_among_two_producers_is_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.push(1); }, [&] { queue.push(2); }, [&] { queue.close(), queue.try_pop(); });
     }},

    {"two_closers_and_a_producer_are_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.push(1), queue.is_closed(); }, [&] { queue.close(); }, [&] { queue.close(); });
     }},

    {"empty_is_never_said_of_a_queue_that_always_has_an_item",
     [] { model::looks_of_a_third_thread<recorded_queue>(model::look_at_empty); }},
    {"the_size_is_never_too_low", [] { model::looks_of_a_third_thread<recorded_queue>(model::look_at_size); }},

    {"size_and_is_closed_among_pushes_are_linearizable",
     [] {
       recorded_queue queue;
       threads([&] { queue.push(1), queue.push(2), queue.close(); },
               [&] { queue.size(), queue.is_closed(), queue.size(); });
     }},

    {"size_is_never_more_than_was_pushed", model::size_beside_a_push_and_a_pop<int_queue>},
    {"push_and_pop", model::push_and_pop<int_queue>},
    {"push_and_pop_on_two_processors", model::push_and_pop<int_queue>, {.processors = 2}},

    {"items_of_one_producer_stay_in_order_over_segments",
     [] {
       unbounded_queue<int> queue;
       model::pass_in_order(queue, 6);
     }},

    {"a_segment_is_used_again",
     [] {
       unbounded_queue<int> queue;
       for (int i = 1; i <= 5; ++i) {
         queue.push(i);
         check(queue.pop() == i);
       }
       model::pass_in_order(queue, 4);
     }},

    {"two_producers_and_a_consumer", model::two_producers_and_a_consumer<int_queue>},
    {"a_producer_and_two_consumers", model::a_producer_and_two_consumers<int_queue>},

    {"two_consumers_drain_segments_while_a_producer_goes_on",
     [] {
       unbounded_queue<int> queue;
       for (int i = 1; i <= 4; ++i) queue.push(i);
       int a = 0, b = 0;
       threads([&] { a = *queue.pop() + *queue.pop(); }, [&] { b = *queue.pop() + *queue.pop(); },
               [&] { queue.push(5), queue.push(6); });
       check(a + b == 10);
       check(queue.size() == 2);
     },
     {.depth_first = 50'000}},

    {"two_producers_and_two_consumers",
     model::two_producers_and_two_consumers<int_queue>,
     {.priorities = 20'000, .random = 20'000}},
    {"close_and_push", model::close_and_push<int_queue>},

    // One thread has linked the next segment and is stopped; another goes on there, closes, and finds nobody
    // waiting. The third, which then looks at the end of the first segment and sleeps, has to see the link.
    {"a_pop_sees_a_close_in_a_segment_that_a_third_thread_has_linked",
     [] {
       unbounded_queue<int> queue;
       queue.push(0), (void)queue.pop();
       threads([&] { (void)queue.try_push(1); }, [&] { (void)queue.pop(); }, [&] { queue.close(); });
     }},
    {"a_pop_sees_a_push_and_a_close_in_a_segment_that_a_third_thread_has_linked",
     [] {
       unbounded_queue<int> queue;
       queue.push(0), (void)queue.pop();
       threads([&] { (void)queue.try_push(1); }, [&] { (void)queue.pop(); },
               [&] { (void)queue.try_push(2), queue.close(); });
     }},

    // The same without a wait. The thread that looks has a hazard record before: taking one would order it
    // after the thread that has pushed, which has given one back.
    {"a_look_sees_a_push_in_a_segment_that_a_third_thread_has_linked",
     [] {
       unbounded_queue<int> queue;
       queue.push(0), (void)queue.pop();
       verify::atomic<int> looks{0};
       verify::atomic<bool> has_pushed{false};
       int seen = 0;
       verify::jthread links([&] { (void)queue.try_push(1); });
       verify::jthread goes_on([&] {
         (void)queue.try_push(2), seen = looks.load();
         has_pushed.store(true, std::memory_order_relaxed);
       });
       while (!has_pushed.load(std::memory_order_relaxed)) verify::this_thread::yield();
       looks.exchange(1);
       const bool was_empty = queue.try_pop() == std::unexpected(plait::conqueue_status::empty);
       links.join(), goes_on.join();
       check(seen == 1 || !was_empty, "who comes later, by seq_cst, finds an item");
     },
     {.depth_first = 50'000, .stale_loads = 1, .spurious_events = 0, .reused_addresses = 0}},

    {"close_at_the_end_of_a_segment_and_push",
     [] {
       unbounded_queue<int> queue;
       queue.push(1);
       bool pushed = false;
       threads([&] { pushed = queue.push(7); }, [&] { queue.close(); });
       check(queue.size() == (pushed ? 2u : 1u));
       check(queue.pop() == 1);
       check(queue.pop().has_value() == pushed, "what was accepted can be popped");
       check(!queue.pop());
     }},

    {"close_and_pop", model::close_and_pop<int_queue>},

    {"close_at_the_end_of_a_segment_and_pop",
     [] {
       unbounded_queue<int> queue;
       queue.push(1);
       threads([&] { check(queue.pop() == 1), check(!queue.pop()); }, [&] { queue.close(); });
     }},

    {"close_push_and_pop", model::close_push_and_pop<int_queue>},
    {"close_and_discard_against_push", model::close_and_discard_against_push<int_queue>},

    {"pushes_to_a_closed_queue_count_for_nothing",
     [] {
       unbounded_queue<int> queue;
       threads([&] { queue.push(1), queue.push(2); }, [&] { queue.close(); },
               [&] { check(queue.size() <= queue.unfinished_tasks()); });
       const std::size_t in = queue.size();
       check(!queue.push(3));
       check(queue.unfinished_tasks() == in && queue.size() == in);
     }},

    {"a_pop_that_times_out_loses_no_item", model::a_pop_that_times_out<int_queue>},
    {"a_stop_request_and_a_pop", model::a_stop_request_and_a_pop<int_queue>},

    {"join_push_and_task_done",
     [] {
       unbounded_queue<int> queue;
       queue.push(1);
       threads([&] { queue.join(); },
               [&] {
                 (void)queue.pop();
                 queue.task_done();
               },
               [&] {
                 queue.push(2);
                 (void)queue.pop();
                 queue.task_done();
               });
     },
     {.depth_first = 50'000}},

    {"a_batch_that_has_waited_hands_on_the_items_it_leaves",
     model::a_batch_hands_on_the_items_it_leaves<int_queue>},
    {"batches_of_two_producers_stay_in_order",
     model::batches_of_two_producers<int_queue>,
     {.depth_first = 50'000}},

    {"a_batch_and_close",
     [] {
       unbounded_queue<int> queue;
       const std::vector<int> items{1, 2, 3};
       std::size_t pushed = 0;
       threads([&] { pushed = queue.push_n(items.begin(), 3); }, [&] { queue.close(); });
       check(queue.size() == pushed);
       for (std::size_t i = 0; i != pushed; ++i) check(queue.pop() == items[i]);
       check(!queue.pop());
     }},

    {"two_batches_of_consumers",
     [] {
       unbounded_queue<int> queue;
       const std::vector<int> items{1, 2, 3};
       queue.push_n(items.begin(), 3);
       std::array<int, 3> a{}, b{};
       std::size_t count = 0, other = 0;
       threads([&] { count = queue.try_pop_n(a.begin(), 3); }, [&] { other = queue.try_pop_n(b.begin(), 3); });
       check(count + other == 3);
     }},

    // A thread that has seen the next segment, and is stopped before it moves an end of the queue there,
    // continues when the other thread is at later segments. The end must not go back.
    {"a_producer_that_comes_late_leaves_the_tail_where_it_is",
     [] {
       unbounded_queue<int> queue;
       queue.push(1);
       threads([&] { queue.push(2), queue.push(3); },
               [&] {
                 for (int i = 4; i <= 6; ++i) queue.push(i), (void)queue.try_pop();
                 while (queue.try_pop()) {
                 }
                 queue.push(7);
               });
       queue.push(8);
       std::optional<int> last;
       while (const auto item = queue.try_pop()) last = *item;
       check(last == 8);
     },
     {.depth_first = 20'000}},
    {"a_consumer_that_comes_late_leaves_the_head_where_it_is",
     [] {
       unbounded_queue<int> queue;
       for (int i = 1; i <= 4; ++i) queue.push(i);
       std::array<int, 3> got{};
       threads([&] { (void)queue.try_pop(), (void)queue.try_pop(); },
               [&] {
                 for (int& each : got) each = queue.try_pop().value_or(0);
                 queue.push(5), queue.push(6), (void)queue.try_pop();
               });
       queue.push(7);
       std::optional<int> last;
       while (const auto item = queue.try_pop()) last = *item;
       check(last == 7);
     },
     {.depth_first = 20'000}},

    {"destroys_what_is_left", model::destroys_what_is_left<unbounded_queue<std::unique_ptr<int>>>},

    {"a_segment_is_drained_without_membarrier",
     [] {
       plait::detail::sync::has_process_wide_fence = false;
       unbounded_queue<int> queue;
       queue.push(1);
       queue.push(2);
       threads([&] { (void)queue.try_pop(), (void)queue.try_pop(); },
               [&] { (void)queue.try_pop(), queue.push(3); });
     }},

    // A segment that is put aside after another thread's fence, and before that thread takes the list, is not
    // that thread's to free: a third may have begun to use the segment after the fence. A scenario of the list,
    // and the thread that puts the segment aside has a hazard record before, so that few steps do.
    {"a_segment_put_aside_beside_a_reclaim_is_freed_after_a_fence",
     [] {
       plait::detail::segment_list<int> list;
       std::array<int, 9> items{1, 2, 3, 4, 5, 6, 7, 8, 9};
       auto next = items.begin();
       list.try_put_n(next, items.size());
       std::array<int, 9> got{};
       auto out = got.begin();
       list.try_get_n(out, 5);  // two segments are drained and left, and one of them is the spare one
       verify::atomic<bool> has_looked{false};
       verify::jthread reclaims([&] {
         int item = 0;
         int* place = &item;
         (void)list.try_get_n(place, 1);
       });
       verify::jthread looks([&] {
         check(list.size() <= 4);
         has_looked.store(true, std::memory_order_relaxed);
       });
       while (!has_looked.load(std::memory_order_relaxed)) verify::this_thread::yield();
       (void)list.try_get_n(out, 3);
     },
     {.depth_first = 30'000, .stale_loads = 1, .spurious_events = 0, .reused_addresses = 0}},

    {"one_of_two_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue>(model::nothing_inside, model::put, model::an_item)},
    {"one_of_two_producers_sees_the_item_of_the_other_in_a_new_segment",
     model::one_of_two_sees<int_queue>([](auto& queue) { queue.push(0), (void)queue.pop(); }, model::put,
                                       model::an_item)},
    {"one_of_two_batch_producers_sees_the_item_of_the_other",
     model::one_of_two_sees<int_queue>(model::nothing_inside, model::put_batch, model::an_item)},
    {"one_of_two_closers_sees_that_the_other_queue_is_closed",
     model::one_of_two_sees<int_queue>(model::nothing_inside, model::close_it, model::that_it_is_closed)},
    {"one_of_two_closers_of_full_segments_sees_that_the_other_queue_is_closed",
     model::one_of_two_sees<int_queue>(model::one_inside, model::close_it, model::that_it_is_closed)},
    {"one_of_two_batch_consumers_sees_that_the_other_queue_has_less",
     model::one_of_two_sees<int_queue>(model::one_inside, model::take_batch, model::that_none_is_left)},

    {"size_while_a_batch_goes_through_is_never_negative",
     [] {
       unbounded_queue<int> queue;
       int out = 0;
       threads([&] { queue.push(1); }, [&] { (void)queue.try_pop_n(&out, 1); },
               [&] { check(queue.size() <= 1); });
     }},

    {"one_of_two_consumers_sees_that_the_other_queue_has_less",
     model::one_of_two_sees<int_queue>(model::one_inside, model::take, model::that_none_is_left)},
};

// With a producer stopped anywhere, in the middle of its push included, the try_ calls of a thread that has
// used such a queue before end: only a thread's first call takes locks.
TEST(unbounded_queue_freeze, a_stopped_producer_holds_up_no_try_call) {
  model::expect_others_go_on([] {
    unbounded_queue<int> queue;
    queue.push(1), (void)queue.pop();
    verify::jthread producer([&] { (void)queue.try_push(1); });
    (void)queue.try_pop();
    (void)queue.try_push(2);
    (void)queue.try_pop();
  });
}

TEST(unbounded_queue_memory, a_push_without_memory_leaves_the_queue_as_it_was) {
  unsigned refused = 0;
  const verify::report found = verify::fail_allocations(
      [&] {
        try {
          unbounded_queue<int> queue;
          std::array<bool, 3> is_in{};
          threads(
              [&] {
                for (std::size_t i = 0; i != is_in.size(); ++i) {
                  try {
                    is_in[i] = queue.push(static_cast<int>(i));
                  } catch (const std::bad_alloc&) {
                    ++refused;
                  }
                }
              },
              [&] {
                try {
                  (void)queue.try_pop();
                  queue.push(4);
                } catch (const std::bad_alloc&) {
                  ++refused;
                }
              });
          queue.close();
          int last = -1;
          while (const std::optional<int> item = queue.pop()) {
            check(*item == 4 || (*item > last && is_in[static_cast<std::size_t>(*item)]));
            if (*item != 4) last = *item;
          }
        } catch (const std::bad_alloc&) {
          ++refused;
        }
      },
      {.depth_first = 5'000, .priorities = 500, .random = 500});
  EXPECT_TRUE(found) << found;
  EXPECT_GT(refused, 0u);
}

class unbounded_queue_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(unbounded_queue_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, unbounded_queue_model, testing::ValuesIn(scenarios), model::name_of);

TEST(unbounded_queue_orders, every_order_of_the_segments_is_needed) {
  // These execute every order and kill every mutant that any scenario kills. Each further scenario would be
  // searched in full for the two mutants that survive.
  const auto enough = model::named(
      scenarios,
      {"try_calls_are_linearizable", "try_calls_in_a_segment_of_two_are_linearizable", "push_and_pop",
       "one_of_two_producers_sees_the_item_of_the_other",
       "one_of_two_producers_sees_the_item_of_the_other_in_a_new_segment",
       "one_of_two_closers_sees_that_the_other_queue_is_closed",
       "one_of_two_closers_of_full_segments_sees_that_the_other_queue_is_closed",
       "batches_of_two_producers_stay_in_order", "two_consumers_drain_segments_while_a_producer_goes_on",
       "close_among_pushes_and_pops_is_linearizable", "size_and_is_closed_among_pushes_are_linearizable",
       "a_pop_sees_a_close_in_a_segment_that_a_third_thread_has_linked",
       "a_look_sees_a_push_in_a_segment_that_a_third_thread_has_linked",
       "a_segment_is_drained_without_membarrier", "one_of_two_batch_producers_sees_the_item_of_the_other",
       "one_of_two_batch_consumers_sees_that_the_other_queue_has_less",
       "one_of_two_consumers_sees_that_the_other_queue_has_less"});
  // The checker does not watch the plain fields of a segment.
  const std::string reason = "hands on the plain fields of a segment, which the checker does not watch";
  model::expect_orders_needed(enough, "segment_list.hpp",
                              {
                                  {"drained_.compare_exchange_weak", reason},
                                  {"segment* each = drained_.exchange", reason},
                              });
  model::expect_orders_needed(enough, "segment.hpp");
}

}  // namespace
