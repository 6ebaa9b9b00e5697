// SPDX-License-Identifier: MIT
// Every pair of operations on a synchronized_value, and triples: changes are made one by one, and no thread
// that waits for one sleeps through it.
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include <plait/synchronized_value.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/operation_pairs.hpp"

namespace {

using plait::synchronized_value;
using verify::check;
using namespace std::chrono_literals;
namespace sync = plait::detail::sync;

// A number that the checker watches.
class watched {
 public:
  explicit watched(int first) { number_.construct(first); }
  ~watched() { number_.destroy(); }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;

  int get() const { return number_.read(); }
  void add(int n) { number_.write() += n; }

 private:
  sync::storage<int> number_;
};

struct state {
  std::string name;
  int first;
};

class world {
 public:
  explicit world(const state& from) : value_(from.first), expected_(from.first) {}

  void add(int) {
    value_.with([](watched& n) { n.add(1); });
    ++expected_;
  }
  void add_by_guard(int) {
    value_.lock()->add(1);
    ++expected_;
  }
  void add_to_both(int) {
    apply([](watched& other, watched& n) { other.add(1), n.add(1); }, other_, value_);
    ++expected_, ++others_;
  }
  void add_to_both_the_other_way(int) {
    apply([](watched& n, watched& other) { other.add(1), n.add(1); }, value_, other_);
    ++expected_, ++others_;
  }
  void read(int) {
    check(value_.read([](const watched& n) { return n.get(); }) >= 0, "all that is taken was there");
  }
  void take(int) {
    ++waiting_;
    taken(value_.wait(is_there));
    --waiting_;
  }
  void take_in_time(int) {
    ++waiting_;
    taken(value_.wait_for(1ms, is_there));
    --waiting_;
  }
  void take_or_stop(int) {
    ++waiting_;
    taken(value_.wait(stop_->get_token(), is_there));
    --waiting_;
  }
  void stop(int) { verify::request_stop(*stop_); }

  void let_out() {
    check(waiting_ == 0 || value_.read([](const watched& n) { return n.get(); }) == 0,
          "somebody waits for what is there");
    for (int left = waiting_; left != 0; --left) add(0);
  }
  void judge() {
    check(value_.lock()->get() == expected_, "changes are made one by one");
    check(other_.lock()->get() == others_, "changes are made one by one");
  }

 private:
  static bool is_there(const watched& n) { return n.get() > 0; }

  template <class Held>
  void taken(const Held& held) {
    if (!held) return;
    check(held->get() > 0, "what was waited for is there");
    held->add(-1);
    --expected_;
  }

  synchronized_value<watched> value_;
  synchronized_value<watched> other_{0};
  std::unique_ptr<std::stop_source> stop_ = std::make_unique<std::stop_source>();
  int expected_;
  int others_ = 0;
  int waiting_ = 0;
};

const model::operation<world> operations[] = {
    {"add", &world::add},
    {"add_by_guard", &world::add_by_guard},
    {"add_to_both", &world::add_to_both},
    {"add_to_both_the_other_way", &world::add_to_both_the_other_way},
    {"read", &world::read},
    {"take", &world::take},
    {"take_in_time", &world::take_in_time},
    {"take_or_stop", &world::take_or_stop},
    {"stop", &world::stop},
};
const model::operation<world> third[] = {{"add", &world::add}, {"take", &world::take}};

const state states[] = {{"none", 0}, {"one", 1}};

const model::scenarios_of<world, state> all{states, operations};

class synchronized_value_pairs : public testing::TestWithParam<model::row> {};

TEST_P(synchronized_value_pairs, change_one_by_one_and_nobody_waits_for_what_is_there) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(two, synchronized_value_pairs,
                         testing::ValuesIn(all.pairs({.depth_first = 3'000, .priorities = 100, .random = 100})),
                         model::name_of);
INSTANTIATE_TEST_SUITE_P(three, synchronized_value_pairs,
                         testing::ValuesIn(all.triples(third,
                                                       {.depth_first = 500, .priorities = 50, .random = 0})),
                         model::name_of);

}  // namespace
