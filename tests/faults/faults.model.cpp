// SPDX-License-Identifier: MIT
// Failures around a structure, under every schedule: allocations that fail, structures destroyed as early as is
// allowed and, to see that the checker notices, earlier.
#include <array>
#include <cstddef>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/counter.hpp>
#include <plait/detail/thread/thread_registry.hpp>
#include <plait/keyed_counter.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::bounded_queue;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;

// An object that is destroyed by the last thread that says it is done with it. A thread must not use it after
// that.
template <class T>
class shared_by_two {
 public:
  template <class... Args>
  explicit shared_by_two(Args&&... args) : held_(std::make_unique<T>(std::forward<Args>(args)...)) {}

  T& operator*() noexcept { return *held_; }
  T* operator->() noexcept { return held_.get(); }
  void let_go() {
    if (users_.fetch_sub(1, sync::acq_rel) == 1) held_.reset();
  }

 private:
  std::unique_ptr<T> held_;
  sync::atomic<int> users_{2};
};

const verify::scenario scenarios[] = {
    // The owner of a queue destroys it when the threads that used it have ended.
    {"destroyed_when_its_users_have_ended",
     [] {
       auto queue = std::make_unique<bounded_queue<int>>(1);
       threads([&] { queue->push(1); }, [&] { check(queue->pop() == 1); });
       queue.reset();
     }},

    {"closed_and_destroyed_when_the_waiters_have_left",
     [] {
       auto queue = std::make_unique<bounded_queue<int>>(1);
       {
         const verify::jthread popper([&] { check(!queue->pop()); });
         const verify::jthread joiner([&] { queue->join(); });
         queue->close();
       }
       queue.reset();
     }},

    // Or the thread that is done with it last, whether it popped or pushed.
    {"destroyed_by_whoever_returns_last",
     [] {
       shared_by_two<bounded_queue<int>> queue(1u);
       threads(
           [&] {
             queue->push(1);
             queue.let_go();
           },
           [&] {
             check(queue->pop() == 1);
             queue.let_go();
           });
     }},

    {"destroyed_by_whoever_returns_last_from_close",
     [] {
       shared_by_two<bounded_queue<int>> queue(1u);
       threads(
           [&] {
             queue->close();
             queue.let_go();
           },
           [&] {
             check(!queue->pop());
             queue.let_go();
           });
     }},

    {"destroyed_by_whoever_returns_last_from_join",
     [] {
       shared_by_two<bounded_queue<int>> queue(1u);
       queue->push(1);
       threads(
           [&] {
             (void)queue->pop();
             queue->task_done();
             queue.let_go();
           },
           [&] {
             queue->join();
             queue.let_go();
           });
     }},

    {"a_counter_destroyed_by_whoever_returns_last",
     [] {
       shared_by_two<plait::counter> counter;
       const auto use = [&] {
         counter->add(1);
         counter.let_go();
       };
       threads(use, use);
       const plait::counter next;  // takes over the number, and the cells
       check(next.load() == 0);
     }},

    {"a_keyed_counter_destroyed_by_whoever_returns_last",
     [] {
       shared_by_two<plait::keyed_counter<int>> counter;
       const auto use = [&] {
         counter->add(1);
         counter->size();
         counter.let_go();
       };
       threads(use, use);
     },
     {.depth_first = 5'000}},

    // A thread that ends gives back its id, and what belongs to the id goes to the next owner.
    {"an_id_that_changes_hands_while_another_thread_takes_one",
     [] {
       using plait::detail::thread_registry;
       std::array<verify::plain<int>, 4> owned;
       const auto work = [&] {
         verify::plain<int>& mine = owned[thread_registry::this_thread()];
         mine.write(mine.read() + 1);
       };
       {
         const verify::jthread first(work);
         const verify::jthread second(work);
         const verify::jthread third(work);
       }
       int sum = 0;
       for (const verify::plain<int>& each : owned) sum += each.read();
       check(sum == 3);
     },
     {.depth_first = 20'000}},
};

class faults_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(faults_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, faults_model, testing::ValuesIn(scenarios), model::name_of);

// "Every call must have returned before the queue is destroyed": an element can be popped before its push() has
// returned, so destroying the queue after the pop is too early.
const verify::scenario too_early[] = {
    {"destroyed_by_the_consumer_of_the_last_item",
     [] {
       auto queue = std::make_unique<bounded_queue<int>>(1);
       threads([&] { queue->push(1); },
               [&] {
                 (void)queue->pop();
                 queue.reset();
               });
     }},

    {"destroyed_by_who_was_woken_by_close",
     [] {
       auto queue = std::make_unique<bounded_queue<int>>(1);
       threads([&] { queue->close(); },
               [&] {
                 (void)queue->pop();
                 queue.reset();
               });
     }},

    {"destroyed_by_who_joined",
     [] {
       auto queue = std::make_unique<bounded_queue<int>>(1);
       queue->push(1);
       threads(
           [&] {
             (void)queue->pop();
             queue->task_done();
           },
           [&] {
             queue->join();
             queue.reset();
           });
     }},

    {"destroyed_while_somebody_waits",
     [] {
       auto queue = std::make_unique<bounded_queue<int>>(1);
       threads([&] { (void)queue->pop(); },
               [&] {
                 queue->close();
                 queue.reset();
               });
     }},
};

class destroyed_too_early : public testing::TestWithParam<verify::scenario> {};

TEST_P(destroyed_too_early, is_noticed_by_the_checker) {
  const verify::report found = verify::explore(GetParam().body);
  EXPECT_NE(found.failure.find("free"), std::string::npos) << found;  // of a use after free, or a race with it
}

INSTANTIATE_TEST_SUITE_P(bounded_queue, destroyed_too_early, testing::ValuesIn(too_early), model::name_of);

// -- allocations that fail --

// Whether `operation` returns; counts those that find no memory.
class attempts {
 public:
  bool returns(const auto& operation) {
    try {
      operation();
      return true;
    } catch (const std::bad_alloc&) {
      ++refused;
      return false;
    }
  }

  unsigned refused = 0;
};

// Runs body(attempts) with each allocation in it failing in turn, and says how many did.
void expect_sound_without_memory(const auto& body) {
  attempts tried;
  const verify::report found =
      verify::fail_allocations([&] { body(tried); }, {.depth_first = 2'000, .priorities = 200, .random = 200});
  EXPECT_TRUE(found) << found;
  EXPECT_GT(tried.refused, 0u);
  testing::Test::RecordProperty("faults", static_cast<int>(tried.refused));
  std::cout << "faults injected: " << tried.refused << ", in " << found.executions << " executions\n";
}

TEST(counter_faults, an_add_without_memory_counts_nothing_and_can_be_tried_again) {
  expect_sound_without_memory([](attempts& tried) {
    std::optional<plait::counter> counter;
    if (!tried.returns([&] { counter.emplace(); })) counter.emplace();
    int added = 0;
    verify::plain<int> added_by_other(0);
    const auto add = [&] { return tried.returns([&] { counter->add(1); }) ? 1 : 0; };
    threads([&] { added = add() + add(); }, [&] { added_by_other.write(add() + add()); });
    check(counter->load() == added + added_by_other.read());
    verify::plain<int> added_later(0);
    threads([&] { added_later.write(add()); });
    check(counter->exchange(0) == added + added_by_other.read() + added_later.read());
    check(counter->load() == 0);
  });
}

TEST(thread_registry_faults, a_thread_without_memory_has_no_id_and_can_ask_again) {
  expect_sound_without_memory([](attempts& tried) {
    using plait::detail::thread_registry;
    std::array<verify::plain<int>, 3> owned;
    const auto work = [&] {
      tried.returns([] { thread_registry::this_thread(); });
      verify::plain<int>& mine = owned[thread_registry::this_thread()];
      mine.write(mine.read() + 1);
    };
    threads(work, work);
    check(owned[0].read() + owned[1].read() == 2, "ids stay small");
  });
}

TEST(keyed_counter_faults, counts_without_memory_are_counted_by_nobody) {
  expect_sound_without_memory([](attempts& tried) {
    plait::keyed_counter<int> counter;
    int added = 0;
    const auto add = [&](int key) { return tried.returns([&] { counter.add(key); }) ? 1 : 0; };
    threads([&] { added = add(1) + add(2); }, [&] { tried.returns([&] { counter.size(); }); });
    check(counter.total() == added);
    check(counter.size() <= 2);
  });
}

TEST(bounded_queue_faults, a_push_without_memory_leaves_the_queue_to_others) {
  struct boxed {  // moves may throw, so that each item takes memory
    explicit boxed(int number) : value(number) {}
    boxed(const boxed& other) noexcept(false) : value(other.value) {}
    int value;
  };
  expect_sound_without_memory([](attempts& tried) {
    std::optional<bounded_queue<boxed>> queue;
    if (!tried.returns([&] { queue.emplace(1); })) queue.emplace(1);
    int pushed = 0;
    int popped = 0;
    threads(
        [&] {
          for (int i = 1; i <= 2; ++i) pushed += tried.returns([&] { queue->emplace(i); }) ? 1 : 0;
          queue->close();
        },
        [&] {
          while (queue->pop()) ++popped;
        });
    check(pushed == popped);
  });
}

}  // namespace
