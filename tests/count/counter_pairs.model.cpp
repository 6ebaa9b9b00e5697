// SPDX-License-Identifier: MIT
// Every pair of a counter's operations, and every pair with an exchange. A load promises to see every add that
// happened before, and some of those under way. Nothing orders the two threads here. So a load need not see a
// call that ended before it began, and it may see an add that an exchange left to the next one.
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include <plait/counter.hpp>

#include <verify/history/call.hpp>
#include <verify/scenario.hpp>

#include "support/operation_pairs.hpp"

namespace {

struct told {
  enum class kind { added, seen, exchanged, reset } what;
  std::int64_t number = 0;  // added, seen, or found by the exchange
  std::int64_t next = 0;    // left by the exchange
};

// One order must explain adds and exchanges: each add is taken once.
bool is_possible(std::int64_t& value, const told& of) {
  switch (of.what) {
    case told::kind::added:
      value += of.number;
      return true;
    case told::kind::seen:
      return value == of.number;
    case told::kind::exchanged:
      if (value != of.number) return false;
      value = of.next;
      return true;
    case told::kind::reset:
      value = 0;
      return true;
  }
  return false;
}

// An order of its own may explain a load, whatever the exchanges found.
bool is_possible_for_load(std::int64_t& value, const told& of) {
  if (of.what != told::kind::exchanged) return is_possible(value, of);
  value = of.next;
  return true;
}

struct state {
  std::string name;
  bool has_counted;
  bool number_was_used;  // by a counter before, whose cells keep their values
};

class world {
 public:
  explicit world(const state& from) {
    if (from.number_was_used) {
      plait::counter before;
      before.add(7);
      verify::threads([&] { before.add(5); });
    }
    counter_.emplace();
    if (!from.has_counted) return;
    counter_->add(100);
    initially_ = 100;
  }

  void add(int thread) { add_number(thread); }
  void subtract(int thread) { add_number(-thread); }
  void load(int) { seen_.push_back(counter_->load()); }
  void exchange(int thread) {
    record([&] { return told{told::kind::exchanged, counter_->exchange(thread * 10), thread * 10}; });
  }
  void reset(int) {
    record([&] {
      counter_->reset();
      return told{told::kind::reset};
    });
  }
  void use_another(int thread) {
    plait::counter another;
    another.add(thread);
    verify::check(another.load() == thread, "counters have nothing to do with each other");
  }

  void let_out() {}
  void judge() {
    for (const std::int64_t number : seen_) {
      calls_.push_back({{told::kind::seen, number}, 1, 2});
      verify::check(is_explained(is_possible_for_load), "a load sees all of some adds");
      calls_.pop_back();
    }
    calls_.push_back({{told::kind::seen, counter_->load()}, 3, 4});
    verify::check(is_explained(is_possible), "each add is taken once, or is left");
  }

 private:
  void add_number(std::int64_t number) {
    record([&] {
      counter_->add(number);
      return told{told::kind::added, number};
    });
  }

  template <class Call>
  void record(Call call) {
    const told made = call();
    calls_.push_back({made, 1, 2});
  }

  bool is_explained(bool (*possible)(std::int64_t&, const told&)) const {
    return model::is_explained(std::span<const history::call<told>>(calls_), initially_, possible);
  }

  std::int64_t initially_ = 0;
  std::optional<plait::counter> counter_;
  verify::detail::list<history::call<told>> calls_;  // except loads
  verify::detail::list<std::int64_t> seen_;          // by loads
};

const model::operation<world> operations[] = {
    {"add", &world::add},           {"subtract", &world::subtract}, {"load", &world::load},
    {"exchange", &world::exchange}, {"reset", &world::reset},       {"use_another", &world::use_another},
};
const model::operation<world> exchange[] = {{"exchange", &world::exchange}};

const state states[] = {
    {"fresh", false, false},
    {"counted", true, false},
    {"used_before", true, true},
};

const model::scenarios_of<world, state> all{states, operations};

class counter_pairs : public testing::TestWithParam<model::row> {};

TEST_P(counter_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    two, counter_pairs, testing::ValuesIn(all.pairs({.depth_first = 20'000, .priorities = 100, .random = 100})),
    model::name_of);
INSTANTIATE_TEST_SUITE_P(with_an_exchange, counter_pairs,
                         testing::ValuesIn(all.triples(exchange,
                                                       {.depth_first = 2'000, .priorities = 50, .random = 0})),
                         model::name_of);

}  // namespace
