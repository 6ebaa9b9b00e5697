// SPDX-License-Identifier: MIT
// Every pair and every triple of operations of waiters and notifiers of an event count: a thread sleeps only if
// it must.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include <plait/detail/wait/event_count.hpp>

#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>

#include "support/operation_pairs.hpp"

namespace {

using plait::detail::attempt;
using plait::detail::deadline;
using plait::detail::event_count;
using plait::detail::wait_limits;
namespace sync = plait::detail::sync;
using namespace std::chrono_literals;

// Permits, for one thread at a time.
struct sequential_permits {
  int available = 0;
  bool stopped = false;

  auto operator<=>(const sequential_permits&) const = default;
};

struct told {
  enum class kind { nothing, given, taken, stopped, taker_waits, stoppable_taker_waits } what;
  int count = 1;
};

bool is_possible(sequential_permits& permits, const told& of) {
  switch (of.what) {
    case told::kind::nothing:
      return true;
    case told::kind::given:
      permits.available += of.count;
      return true;
    case told::kind::taken:
      return permits.available-- > 0;
    case told::kind::stopped:
      permits.stopped = true;
      return true;
    case told::kind::taker_waits:
      return permits.available == 0;
    case told::kind::stoppable_taker_waits:
      return permits.available == 0 && !permits.stopped;
  }
  return false;
}

struct state {
  std::string name;
  int available;
};

class world {
 public:
  explicit world(const state& from)
      : initially_{from.available}, available_(from.available), stop_(std::make_unique<std::stop_source>()) {}

  void give(int) {
    history_.record([&] {
      available_.fetch_add(1, sync::seq_cst);
      changed_.notify_one();
      return told{told::kind::given};
    });
  }
  void give_two_to_all(int) {
    history_.record([&] {
      available_.fetch_add(2, sync::seq_cst);
      changed_.notify_all();
      return told{told::kind::given, 2};
    });
  }
  void notify_for_no_reason(int) { changed_.notify_one(); }
  void stop(int) {
    history_.record([&] {
      verify::request_stop(*stop_);
      return told{told::kind::stopped};
    });
  }
  void take(int) { wait(told::kind::taker_waits, {}); }
  void take_or_stop(int) {
    const std::stop_token token = stop_->get_token();
    wait(told::kind::stoppable_taker_waits, {deadline::never(), &token});
  }
  void take_in_time(int) { wait(told::kind::nothing, {deadline::after(1ms)}); }

  void let_out() {
    for (const told::kind what : waiting_) history_.record([&] { return told{what}; });
    for (std::size_t left = waiting_.size(); left != 0; --left) give(0);
  }

  void judge() {
    verify::check(history_.is_linearizable(initially_, is_possible),
                  "permits are taken once, and whoever waits has to");
  }

 private:
  void wait(told::kind waits, const wait_limits& limits) {
    waiting_.push_back(waits);
    history_.record([&] {
      const bool taken = try_take() == attempt::done || changed_.wait([this] { return try_take(); }, limits);
      // Rule 2 of the event count: notify the next waiter if permits are left.
      if (taken && available_.load(sync::seq_cst) != 0) changed_.notify_one();
      return told{taken ? told::kind::taken : told::kind::nothing};
    });
    waiting_.erase(std::ranges::find(waiting_, waits));
  }

  attempt try_take() noexcept {
    int seen = available_.load(sync::seq_cst);
    while (seen > 0)
      if (available_.compare_exchange_weak(seen, seen - 1, sync::seq_cst)) return attempt::done;
    return attempt::blocked;
  }

  sequential_permits initially_;
  sync::atomic<int> available_;
  event_count changed_;
  std::unique_ptr<std::stop_source> stop_;
  verify::scenario_history<told> history_;
  verify::detail::list<told::kind> waiting_;  // of the calls of wait() that are under way
};

const model::operation<world> operations[] = {
    {"give", &world::give},
    {"give_two_to_all", &world::give_two_to_all},
    {"notify_for_no_reason", &world::notify_for_no_reason},
    {"stop", &world::stop},
    {"take", &world::take},
    {"take_or_stop", &world::take_or_stop},
    {"take_in_time", &world::take_in_time},
};

const state states[] = {{"nothing", 0}, {"one", 1}};

const model::scenarios_of<world, state> all{states, operations};

class event_count_pairs : public testing::TestWithParam<model::row> {};

TEST_P(event_count_pairs, can_be_explained) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    two, event_count_pairs,
    testing::ValuesIn(all.pairs({.depth_first = 20'000, .priorities = 100, .random = 100})), model::name_of);
INSTANTIATE_TEST_SUITE_P(three, event_count_pairs,
                         testing::ValuesIn(all.triples(operations,
                                                       {.depth_first = 2'000, .priorities = 50, .random = 0})),
                         model::name_of);

}  // namespace
