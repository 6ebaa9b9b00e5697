// SPDX-License-Identifier: MIT
// Positions and epochs that wrap, under every schedule. A wrap takes a century, so structures begin just before
// it here. Their numbers are not made narrower instead: narrow ones could wrap while a thread stands still,
// which would then find the old value again, as no thread does in a century.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/detail/queue/lap_ring.hpp>
#include <plait/detail/wait/event_count.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

// A number whose queues begin one lap before their positions wrap.
struct late {
  int value = 0;
  bool operator==(const late&) const = default;
};
using late_on_the_heap = std::unique_ptr<late>;

}  // namespace

template <>
inline constexpr std::uint64_t plait::detail::laps_before_wrap<late> = 1;
template <>
inline constexpr std::uint64_t plait::detail::laps_before_wrap<late_on_the_heap> = 1;

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using plait::detail::attempt;
using plait::detail::event_count;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;

using late_queue = bounded_queue<late>;

// An event count whose next wake-up wraps its epoch.
struct last_epoch : event_count {
  last_epoch() : event_count(std::numeric_limits<std::uint32_t>::max()) {}
};

const verify::scenario scenarios[] = {
    {"push_and_pop_across_the_wrap",
     [] {
       late_queue queue(1);
       threads(
           [&] {
             for (int i = 1; i <= 3; ++i) check(queue.push(late{i}));
           },
           [&] {
             for (int i = 1; i <= 3; ++i) check(queue.pop() == late{i});
           });
       check(queue.empty());
     }},

    {"producers_and_consumers_across_the_wrap",
     [] {
       late_queue queue(2);
       queue.push(late{1});
       std::optional<late> first, second;
       threads([&] { check(queue.push(late{2})); }, [&] { check(queue.push(late{4})); },
               [&] { first = queue.pop(); }, [&] { second = queue.pop(); });
       check(first->value + second->value + queue.pop()->value == 7, "nothing is lost or doubled");
     }},

    {"try_calls_across_the_wrap_are_exact",
     [] {
       late_queue queue(1);
       queue.push(late{1});
       conqueue_status pushed{};
       threads([&] { pushed = queue.try_push(late{2}); },
               [&] {
                 check(queue.try_pop() == late{1});
                 const auto got = queue.try_pop();
                 check(got ? *got == late{2} : got.error() != conqueue_status::closed);
               });
       check(pushed == conqueue_status::success || queue.empty());
       check(queue.size() <= 1);
     }},

    {"batches_across_the_wrap",
     [] {
       late_queue queue(2);
       queue.push(late{0});
       (void)queue.pop();
       const std::array<late, 3> items{late{1}, late{2}, late{3}};
       std::array<late, 3> got{};
       threads([&] { check(queue.push_n(items.begin(), 3) == 3); },
               [&] {
                 std::size_t popped = 0;
                 while (popped != 3) popped += queue.pop_n(got.begin() + popped, 3 - popped);
               });
       check(got == items);
     }},

    {"close_at_the_wrap",
     [] {
       late_queue queue(1);
       bool pushed = false;
       std::optional<late> got;
       queue.push(late{1});
       (void)queue.pop();  // the next position is 0
       threads([&] { pushed = queue.push(late{2}); }, [&] { got = queue.pop(); }, [&] { queue.close(); });
       check(got.has_value() == pushed);
       check(queue.is_closed() && !queue.pop());
     }},

    {"join_across_the_wrap",
     [] {
       late_queue queue(1);
       queue.push(late{1});
       threads(
           [&] {
             queue.join();
             check(queue.unfinished_tasks() <= 1);
           },
           [&] {
             for (int i = 1; i <= 2; ++i) {
               check(queue.pop() == late{i});
               queue.task_done();
             }
           },
           [&] { check(queue.push(late{2})); });
     }},

    {"what_is_left_across_the_wrap_is_destroyed",
     [] {
       bounded_queue<late_on_the_heap> queue(2);
       queue.push(std::make_unique<late>(1));
       threads([&] { queue.push(std::make_unique<late>(2)), queue.push(std::make_unique<late>(3)); },
               [&] { (void)queue.pop(); });
     }},

    {"a_wake_that_wraps_the_epoch",
     [] {
       last_epoch changed;
       sync::atomic<int> left{0};
       const auto take = [&] {
         changed.wait(
             [&] {
               int seen = left.load(sync::seq_cst);
               while (seen > 0)
                 if (left.compare_exchange_weak(seen, seen - 1, sync::seq_cst)) return attempt::done;
               return attempt::blocked;
             },
             {});
         if (left.load(sync::seq_cst) != 0) changed.notify_one();
       };
       const auto give = [&] {
         left.fetch_add(1, sync::seq_cst);
         changed.notify_one();
       };
       threads(take, take, [&] { give(), give(); });
       check(left.load(sync::seq_cst) == 0);
     }},
};

class wrap_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(wrap_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, wrap_model, testing::ValuesIn(scenarios), model::name_of);

}  // namespace
