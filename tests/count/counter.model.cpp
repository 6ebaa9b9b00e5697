// SPDX-License-Identifier: MIT
// Every pair of operations on a counter, and threads that end while others count.
#include <cstdint>

#include <gtest/gtest.h>

#include <plait/counter.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::counter;
using plait::detail::exit_hook;
using plait::detail::thread_registry;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;

// The counter to which a thread adds while it ends.
counter* added_to_late = nullptr;

void add_late() noexcept {
  added_to_late->add(8);
}

// Makes the calling thread add before it gives back its id, and after it has forgotten its cells, because hooks
// run last to first. Such an add has no cell.
struct late_add {
  exit_hook hook{.run = &add_late};

  static void arm(counter& to) {
    added_to_late = &to;
    thread_registry::before_release(sync::per_thread<late_add>().hook);
  }
};

// A destructor that runs when its thread has given back the id adds to the cells that the id's next owner adds
// to, unless the thread has forgotten them.
void late_destructor_beside_new_owner() {
  counter count;
  added_to_late = &count;
  threads(
      [&] {
        sync::at_thread_exit<&add_late>();
        count.add(1);
        count.add(1);
      },
      [&] {
        count.add(1);
        verify::jthread([&] { count.add(2), count.add(2), count.add(2); }).join();
        count.add(1);
      });
  check(count.load() == 18);
}

const verify::scenario scenarios[] = {
    {"two_adds",
     [] {
       counter count;
       threads([&] { count.add(1); }, [&] { count.add(2); });
       check(count.load() == 3);
     }},

    {"add_and_load",
     [] {
       counter count;
       count.add(1);
       threads([&] { count.add(2); },
               [&] {
                 const std::int64_t seen = count.load();
                 check(seen == 1 || seen == 3);
                 check(count.load() >= seen, "a counter that only grows is never seen to shrink");
               });
       check(count.load() == 3);
     }},

    {"add_and_exchange",
     [] {
       counter count;
       std::int64_t taken = 0;
       threads([&] { count.add(2); }, [&] { taken = count.exchange(0); });
       check(taken + count.load() == 2, "an add is taken once");
     }},

    {"two_exchanges",
     [] {
       counter count;
       std::int64_t a = 0, b = 0;
       threads([&] { count.add(1), a = count.exchange(0); }, [&] { count.add(1), b = count.exchange(0); });
       check(a + b + count.load() == 2, "an add is taken once");
     },
     {.depth_first = 40'000}},

    {"an_add_and_two_exchanges",
     [] {
       counter count;
       std::int64_t a = 0, b = 0;
       threads([&] { count.add(2); }, [&] { a = count.exchange(0); }, [&] { b = count.exchange(0); });
       check(a >= 0 && b >= 0, "nobody takes what is not there");
       check(a + b + count.load() == 2, "an add is taken once");
     },
     {.depth_first = 40'000}},

    {"an_add_an_exchange_and_a_load",
     [] {
       counter count;
       std::int64_t seen = 0;
       threads([&] { count.add(2); }, [&] { count.exchange(0); }, [&] { seen = count.load(); });
       check(seen == 0 || seen == 2, "what was taken is not missed twice");
     },
     {.depth_first = 40'000}},

    {"a_thread_takes_over_the_cell_of_one_that_ended",
     [] {
       counter count;
       {
         verify::jthread first([&] { count.add(1); });
         verify::jthread second([&] { count.add(2); });
       }
       verify::jthread third([&] { count.add(4); });
       third.join();
       check(count.load() == 7);
     }},

    {"two_threads_after_one_that_ended_have_a_cell_each",
     [] {
       counter count;
       {
         verify::jthread first([&] { count.add(1); });
       }
       threads([&] { count.add(2); }, [&] { count.add(4); });
       check(count.load() == 7);
     }},

    {"an_add_without_a_cell_and_two_exchanges",
     [] {
       counter count;
       std::int64_t a = 0, b = 0;
       threads(
           [&] {
             late_add::arm(count);
             count.add(1);
           },
           [&] {
             a = count.exchange(2);
             b = count.exchange(0);
           });
       check(a == 0 || a == 1 || a == 8 || a == 9, "all of some adds");
       check(a + b + count.load() == 2 + 9, "an add is taken once");
     }},

    {"two_adds_without_cells_an_exchange_and_a_load",
     [] {
       counter count;
       std::int64_t taken = 0;
       std::int64_t seen = 0;
       const auto add = [&] { late_add::arm(count); };
       threads(add, add, [&] {
         seen = count.load();
         taken = count.exchange(0);
         check(count.load() >= 0, "nobody takes what is not there");
       });
       check(seen <= taken, "a counter that only grows is never seen to shrink");
       check(taken + count.load() == 16, "an add is taken once");
     }},

    {"a_late_destructor_adds_while_another_thread_has_the_cells", [] { late_destructor_beside_new_owner(); }},

    {"a_late_destructor_adds_beyond_the_first_segment",
     [] {
       const counter fill_the_first_segment[2];
       late_destructor_beside_new_owner();
     }},

    {"four_operations_of_each_of_two_threads",
     [] {
       counter count;
       std::int64_t taken = 0;
       threads(
           [&] {
             count.add(1);
             count.add(2);
             check(count.load() <= 15);
             count.add(4);
           },
           [&] {
             count.add(8);
             taken = count.exchange(0);
             check(taken >= 8, "a thread sees its own adds");
             taken += count.exchange(0);
             check(count.load() >= 0, "nobody takes what is not there");
           });
       check(taken + count.load() == 15, "an add is taken once");
     },
     {.depth_first = 40'000}},

    {"a_new_counter_starts_at_zero_whatever_its_cells_held",
     [] {
       {
         counter before;
         threads([&] { before.add(5); });
       }
       counter after;
       threads([&] { after.add(1); }, [&] { check(after.load() <= 1); });
       check(after.load() == 1);
     }},
};

class counter_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(counter_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, counter_model, testing::ValuesIn(scenarios), model::name_of);

TEST(counter_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "counter.hpp",
                              {
                                  {"taken_.compare_exchange_weak",
                                   "success need not acquire: the cells are read before it, after the load"},
                              },
                              {.depth_first = 5'000});
}

TEST(counter_orders, every_order_of_the_cells_is_needed) {
  model::expect_orders_needed(scenarios, "counter_cells.hpp", {}, {.depth_first = 5'000});
}

}  // namespace
