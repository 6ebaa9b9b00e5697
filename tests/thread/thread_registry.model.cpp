// SPDX-License-Identifier: MIT
// Thread ids are dense, have one owner at a time, and are reused. There are no mutants: the registry and its
// index_pool name no memory order, because a lock guards what they share.
#include <array>
#include <cstddef>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include <plait/detail/thread/thread_registry.hpp>

#include <verify/scenario.hpp>

#include "support/operation_pairs.hpp"

namespace {

using plait::detail::exit_hook;
using plait::detail::thread_id;
using plait::detail::thread_registry;
namespace sync = plait::detail::sync;
using verify::check;

constexpr std::size_t ids = 4;  // the body's and those of three threads

class world;

struct own_hook {
  exit_hook hook{.run = &run};
  world* in = nullptr;
  int runs_left = 0;

  static void run() noexcept;
};

struct state {
  std::string name;
  bool body_has_id;
  bool an_id_was_used;  // by a thread that has ended
};

class world {
 public:
  explicit world(const state& from) {
    if (from.body_has_id) check(thread_registry::this_thread() == 0, "the first to ask gets the smallest id");
    if (from.an_id_was_used) verify::threads([&] { use(0); });
  }

  void ask(int) { use(0); }
  void ask_with_a_hook(int) { use(1); }
  void ask_with_a_hook_that_arms_itself_again(int) { use(2); }
  // Asks again after the id has been given back: hooks run last to first.
  void ask_after_the_end(int) {
    sync::at_thread_exit<&ask_late>();
    use(0);
  }
  void let_out() {}

  void judge() {
    int uses = 0;
    for (const verify::plain<int>& each : uses_) uses += each.read();
    check(uses == expected_, "what the owners of an id wrote is handed on");
    check(thread_registry::this_thread() == 0, "all ids were given back");
  }

  void note_use() {
    const thread_id mine = thread_registry::this_thread();
    check(mine < ids, "ids are dense");
    uses_[mine].write(uses_[mine].read() + 1);
  }

 private:
  void use(int hooks) {
    expected_ += 1 + hooks;
    note_use();
    const thread_id mine = thread_registry::this_thread();
    if (hooks != 0) {
      auto& own = sync::per_thread<own_hook>();
      own.in = this;
      own.runs_left = hooks;
      thread_registry::before_release(own.hook);
      thread_registry::before_release(own.hook);  // armed already: nothing changes
    }
    check(thread_registry::this_thread() == mine, "an id is kept");
  }

  static void ask_late() noexcept { check(thread_registry::this_thread() < ids, "an id can be had again"); }

  int expected_ = 0;
  // By id. Plain memory, so that a second owner, or a next owner without synchronization, would be a data race.
  std::array<verify::plain<int>, ids> uses_;
};

void own_hook::run() noexcept {
  auto& own = sync::per_thread<own_hook>();
  own.in->note_use();
  if (--own.runs_left != 0) thread_registry::before_release(own.hook);
}

const model::operation<world> operations[] = {
    {"ask", &world::ask},
    {"ask_with_a_hook", &world::ask_with_a_hook},
    {"ask_with_a_hook_that_arms_itself_again", &world::ask_with_a_hook_that_arms_itself_again},
    {"ask_after_the_end", &world::ask_after_the_end},
};

const state states[] = {
    {"fresh", false, false},
    {"with_an_id_of_the_body", true, false},
    {"with_a_used_id", false, true},
};

const model::scenarios_of<world, state> all{states, operations};

class thread_registry_pairs : public testing::TestWithParam<model::row> {};

TEST_P(thread_registry_pairs, have_ids_of_their_own) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    two, thread_registry_pairs,
    testing::ValuesIn(all.pairs({.depth_first = 20'000, .priorities = 100, .random = 100})), model::name_of);
INSTANTIATE_TEST_SUITE_P(three, thread_registry_pairs,
                         testing::ValuesIn(all.triples(operations,
                                                       {.depth_first = 2'000, .priorities = 50, .random = 0})),
                         model::name_of);

const verify::scenario scenarios[] = {
    {"threads_that_are_alive_together_have_the_smallest_ids",
     [] {
       std::array<thread_id, 2> seen{};
       sync::atomic<int> asked{0};
       const auto ask = [&](std::size_t which) {
         seen[which] = thread_registry::this_thread();
         asked.fetch_add(1, sync::release);
         while (asked.load(sync::acquire) != 2) sync::yield();
       };
       verify::threads([&] { ask(0); }, [&] { ask(1); });
       check(seen[0] != seen[1] && seen[0] + seen[1] == 1, "0 and 1, each once");
     }},

    {"an_id_is_used_again",
     [] {
       for (int i = 0; i != 2; ++i)
         verify::threads(
             [] { check(thread_registry::this_thread() == 0, "the smallest free id comes first"); });
     }},
};

class thread_registry_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(thread_registry_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, thread_registry_model, testing::ValuesIn(scenarios), model::name_of);

TEST(thread_registry_allocations, a_thread_that_got_no_id_can_ask_again) {
  unsigned refused = 0;
  const verify::report found = verify::fail_allocations([&] {
    const auto ask = [&] {
      try {
        thread_registry::this_thread();
      } catch (const std::bad_alloc&) {
        ++refused;
      }
      check(thread_registry::this_thread() < 2);
    };
    verify::threads(ask, ask);
    check(thread_registry::this_thread() == 0);
  });
  model::figures::add("fail_allocations", found, found.passed());
  EXPECT_TRUE(found) << found;
  EXPECT_GT(refused, 0u);
}

}  // namespace
