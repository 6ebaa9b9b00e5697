// SPDX-License-Identifier: MIT
// Values are made, visited, folded and dropped while threads end, in every order. There are no mutants: a lock
// guards what threads share, and all memory orders are relaxed.
#include <functional>
#include <memory>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include <plait/thread_specific.hpp>

#include <verify/scenario.hpp>

#include "support/operation_pairs.hpp"

namespace {

using plait::fold_at_exit;
using plait::keep_at_exit;
using plait::thread_specific;
using verify::check;
namespace sync = plait::detail::sync;

// A number that is written once. Reading it without synchronization is a data race, and so is destroying it
// while it is read.
class cell {
 public:
  explicit cell(int number) : number_(number) {}
  int read() const { return number_.read(); }

 private:
  verify::plain<int> number_;
};
using cells = thread_specific<cell>;

int add(int sum, const cell& each) {
  return sum + each.read();
}
const auto added = fold_at_exit([](const cell& a, const cell& b) { return cell(a.read() + b.read()); });
cell one() {
  return cell(1);
}

enum class policy { drop, keep, fold };

struct state {
  std::string name;
  policy then;
  int ended;  // threads that have ended, with a value
};

class world {
 public:
  explicit world(const state& from) : then_(from.then) {
    if (then_ == policy::drop) values_ = std::make_unique<cells>(&one);
    if (then_ == policy::keep) values_ = std::make_unique<cells>(&one, keep_at_exit);
    if (then_ == policy::fold) values_ = std::make_unique<cells>(&one, added);
    for (int i = 0; i != from.ended; ++i) verify::threads([&] { ask(0); });
  }

  // Each call in a thread that ends after it.
  void ask(int) {
    check(values_->find() == nullptr, "a new thread has no value");
    check(values_->get().read() == 1);
    check(values_->find() == &values_->get(), "a value stays where it is");
    if (then_ != policy::drop) asked_.fetch_add(1, sync::relaxed);
  }
  void ask_and_reset(int) {
    values_->get();
    values_->reset();
    check(values_->find() == nullptr);
  }
  void visit(int) {
    values_->for_each([](const cell& each) { check(each.read() != 0); });
  }
  void combine(int) {
    const int seen = values_->combine(0, add);
    check(seen >= 0 && seen <= 4, "no value is counted twice");
    if (then_ != policy::drop) {
      // Other threads may reset the values that they have made.
      check(values_->size() <= 4);
    }
  }
  void use_another(int) {
    cells another(&one);
    another.get();
    check(another.combine(0, add) == 1, "objects have nothing to do with each other");
  }

  void let_out() {}
  void judge() {
    const int asked = asked_.load(sync::relaxed);
    check(values_->combine(0, add) == asked, "a thread that has ended is counted once");
    check(values_->size() == static_cast<std::size_t>(then_ == policy::keep ? asked : 0));
  }

 private:
  policy then_;
  std::unique_ptr<cells> values_;
  sync::atomic<int> asked_{0};
};

const model::operation<world> operations[] = {
    {"ask", &world::ask},         {"ask_and_reset", &world::ask_and_reset}, {"visit", &world::visit},
    {"combine", &world::combine}, {"use_another", &world::use_another},
};
const model::operation<world> ask[] = {{"ask", &world::ask}};

const state states[] = {
    {"dropping", policy::drop, 0},
    {"keeping", policy::keep, 1},
    {"folding", policy::fold, 0},
    {"folding_more", policy::fold, 1},
};

const model::scenarios_of<world, state> all{states, operations};

class thread_specific_pairs : public testing::TestWithParam<model::row> {};

TEST_P(thread_specific_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    two, thread_specific_pairs,
    testing::ValuesIn(all.pairs({.depth_first = 10'000, .priorities = 100, .random = 100})), model::name_of);
INSTANTIATE_TEST_SUITE_P(with_one_that_ends, thread_specific_pairs,
                         testing::ValuesIn(all.triples(ask,
                                                       {.depth_first = 2'000, .priorities = 50, .random = 0})),
                         model::name_of);

// Records its destruction in plain memory: reading that without synchronization is a race.
struct noted {
  verify::plain<int>* note;
  explicit noted(verify::plain<int>* in) : note(in) {}
  ~noted() { note->write(note->read() + 1); }
};

const verify::scenario scenarios[] = {
    {"combine_never_goes_back_while_threads_are_folded",
     [] {
       cells values(&one, added);
       const auto live = [&] { values.get(); };
       verify::threads(live, live, [&] {
         const int first = values.combine(0, add);
         check(values.combine(0, add) >= first, "a value is missing while it is folded");
       });
       check(values.combine(0, add) == 2);
     },
     {.depth_first = 40'000}},

    {"three_threads_are_folded_at_once",
     [] {
       cells values(&one, added);
       const auto live = [&] { values.get(); };
       verify::threads(live, live, live);
       check(values.combine(0, add) == 3);
       check(values.size() == 0);
     },
     {.depth_first = 40'000}},

    {"the_destructor_waits_for_a_thread_that_drops_its_value",
     [] {
       verify::plain<int> destroyed(0);
       sync::atomic<bool> is_used{false};
       auto values = std::make_unique<thread_specific<noted>>([&] { return noted(&destroyed); });
       verify::jthread ending([&] {
         values->get();
         is_used.store(true, sync::release);
       });
       while (!is_used.load(sync::acquire)) sync::yield();
       values.reset();
       check(destroyed.read() == 1, "destroyed once, and before the object's destructor returns");
       ending.join();
     },
     {.depth_first = 40'000}},

    {"the_destructor_waits_for_two_threads_that_are_folded",
     [] {
       sync::atomic<int> users{0};
       auto values = std::make_unique<cells>(&one, added);
       const auto live = [&] {
         values->get();
         users.fetch_add(1, sync::release);
       };
       verify::jthread first(live), second(live);
       while (users.load(sync::acquire) != 2) sync::yield();
       values.reset();
       first.join();
       second.join();
     },
     {.depth_first = 40'000}},

    {"destructors_may_use_the_object",
     [] {
       struct counts {
         thread_specific<counts>*& of;
         explicit counts(thread_specific<counts>*& object) : of(object) {}
         ~counts() { of->size(); }
       };
       thread_specific<counts>* object = nullptr;
       thread_specific<counts> values([&] { return counts(object); });
       object = &values;
       const auto live = [&] { values.get(); };
       verify::threads(live, live);
       check(values.size() == 0);
     }},

    {"a_number_used_again_finds_no_old_value",
     [] {
       sync::atomic<int> turn{0};
       auto values = std::make_unique<cells>(&one);
       verify::jthread other([&] {
         values->get();
         turn.store(1, sync::release);
         while (turn.load(sync::acquire) != 2) sync::yield();
         check(values->find() == nullptr, "the value of an object that has gone");
         check(values->get().read() == 2);
       });
       while (turn.load(sync::acquire) != 1) sync::yield();
       values = nullptr;
       values = std::make_unique<cells>([] { return cell(2); });
       turn.store(2, sync::release);
       other.join();
       check(values->size() == 0);
     }},
};

class thread_specific_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(thread_specific_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, thread_specific_model, testing::ValuesIn(scenarios), model::name_of);

TEST(thread_specific_allocations, what_finds_no_memory_changes_nothing_and_a_fold_that_finds_none_keeps) {
  const verify::report found = verify::fail_allocations([] {
    std::unique_ptr<cells> values;
    while (values == nullptr) {
      try {
        values = std::make_unique<cells>(&one, added);
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): tried again
      }
    }
    const auto live = [&] {
      for (;;) {
        try {
          values->get();
          return;
        } catch (const std::bad_alloc&) {
          check(values->find() == nullptr);
        }
      }
    };
    verify::threads(live, live);
    int sum = -1;
    while (sum == -1) {
      try {
        sum = values->combine(0, add);
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): tried again
      }
    }
    check(sum == 2);
  });
  model::figures::add("fail_allocations", found, found.passed());
  EXPECT_TRUE(found) << found;
}

}  // namespace
