// SPDX-License-Identifier: MIT
// An owner_lock under every schedule within the bounds of the search: what it protects, with its bias and
// without, and owners that follow one another.
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/lock/owner_lock.hpp>
#include <plait/detail/sync.hpp>

#include <verify/scenario.hpp>

#include "support/membarrier.hpp"
#include "support/model.hpp"

namespace {

using plait::detail::owner_guard;
using plait::detail::owner_lock;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;

// A number that only the holder of the lock may access.
struct guarded_number {
  guarded_number() { number.construct(0); }
  ~guarded_number() { number.destroy(); }

  void own() {
    const owner_guard guard(lock);
    ++number.write();
  }
  void visit() {
    const std::lock_guard guard(lock);
    ++number.write();
  }

  owner_lock lock;
  sync::storage<int> number;
};

const verify::scenario scenarios[] = {
    {"an_owner_and_a_visitor_never_meet",
     [] {
       guarded_number all;
       threads([&] { all.own(), all.own(); }, [&] { all.visit(); });
       check(all.number.read() == 3 && all.lock.is_free());
     }},

    {"an_owner_and_two_visitors_never_meet",
     [] {
       guarded_number all;
       threads([&] { all.own(), all.own(); }, [&] { all.visit(); }, [&] { all.visit(); });
       check(all.number.read() == 4);
     },
     {.depth_first = 10'000}},

    // After one turn with the mutex the owner makes the lock biased, and the visitor has to end that again.
    {"a_visitor_that_comes_again_finds_the_lock_biased_or_not",
     [] {
       guarded_number all;
       threads([&] { all.own(), all.own(), all.own(); }, [&] { all.visit(), all.visit(); });
       check(all.number.read() == 5);
     },
     {.depth_first = 10'000}},

    {"one_owner_follows_another",
     [] {
       guarded_number all;
       threads(
           [&] {
             verify::jthread([&] { all.own(); }).join();
             verify::jthread([&] { all.own(); }).join();
           },
           [&] { all.visit(); });
       check(all.number.read() == 3);
     },
     {.depth_first = 10'000}},

    {"it_is_not_free_while_the_owner_holds_it",
     [] {
       guarded_number all;
       check(all.lock.is_free());
       {
         const owner_guard guard(all.lock);
         threads([&] { check(!all.lock.is_free()); });
       }
       check(all.lock.is_free());
     }},
};

class owner_lock_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(owner_lock_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, owner_lock_model,
                         testing::ValuesIn(model::with_and_without_membarrier(scenarios)), model::name_of);

TEST(owner_lock_orders, every_order_is_needed) {
  model::expect_orders_needed(model::with_and_without_membarrier(scenarios), "owner_lock.hpp", {},
                              {.depth_first = 3'000});
}

}  // namespace
