// SPDX-License-Identifier: MIT
// Every operation of bounded_queue, with every copy, move and allocation in it failing in turn.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include "support/faults.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using faults::fragile;
using faults::fragile_to_copy;
using bounded_queue_faults = faults::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::size_t capacity = 4;
using numbers = std::vector<int>;

// A stopped token: with it no call waits, but all of them run the code that waits.
std::stop_token stopped() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}
const std::stop_token stop = stopped();

// What an operation may have done when it throws.
enum class after_a_throw {
  nothing,
  part_of_the_batch_went_in,
  items_came_out,  // and the last of them is lost
};

template <class T>
struct operation {
  std::string name;
  void (*run)(plait::bounded_queue<T>&, std::array<T, 3>& values);
  after_a_throw has_done = after_a_throw::nothing;
};

template <class T>
std::vector<operation<T>> operations() {
  using queue = plait::bounded_queue<T>;
  using values = std::array<T, 3>;
  constexpr auto went_in = after_a_throw::part_of_the_batch_went_in;
  constexpr auto came_out = after_a_throw::items_came_out;
  return {
      {"push", [](queue& q, values& v) { q.push(v[0], stop); }},
      {"push, moving", [](queue& q, values& v) { q.push(std::move(v[0]), stop); }},
      {"try_push", [](queue& q, values& v) { static_cast<void>(q.try_push(v[0])); }},
      {"try_push, moving", [](queue& q, values& v) { static_cast<void>(q.try_push(std::move(v[0]))); }},
      {"try_emplace", [](queue& q, values&) { static_cast<void>(q.try_emplace(100)); }},
      {"try_push_for", [](queue& q, values& v) { static_cast<void>(q.try_push_for(v[0], 1us)); }},
      {"try_push_until",
       [](queue& q, values& v) { static_cast<void>(q.try_push_until(std::move(v[0]), steady_clock::now())); }},
      {"try_push_n", [](queue& q, values& v) { (void)q.try_push_n(v.begin(), v.size()); }, went_in},
      {"try_push_n, moving",
       [](queue& q, values& v) { (void)q.try_push_n(std::make_move_iterator(v.begin()), v.size()); }, went_in},
      {"pop", [](queue& q, values&) { (void)q.pop(stop); }, came_out},
      {"try_pop", [](queue& q, values&) { static_cast<void>(q.try_pop()); }, came_out},
      {"try_pop_for", [](queue& q, values&) { static_cast<void>(q.try_pop_for(1us)); }, came_out},
      {"try_pop_until", [](queue& q, values&) { static_cast<void>(q.try_pop_until(system_clock::now())); },
       came_out},
      {"try_pop_n", [](queue& q, values& v) { (void)q.try_pop_n(v.begin(), v.size()); }, came_out},
      {"try_pop_n, to a growing vector",
       [](queue& q, values&) {
         std::vector<T> out;
         (void)q.try_pop_n(std::back_inserter(out), 3);
       },
       came_out},
      {"task_done, join",
       [](queue& q, values&) {
         if (q.unfinished_tasks() != 0) q.task_done();
         (void)q.join(stop);
         static_cast<void>(q.try_join_for(1us));
       }},
      {"close", [](queue& q, values&) { q.close(); }},
      {"close_and_discard", [](queue& q, values&) { q.close_and_discard(); }},
  };
}

template <class T>
numbers drain(plait::bounded_queue<T>& queue) {
  numbers items;
  while (auto item = queue.try_pop()) items.push_back(item->value());
  return items;
}

bool begins_with(const numbers& all, const numbers& first) {
  return first.size() <= all.size() && std::equal(first.begin(), first.end(), all.begin());
}

bool ends_with(const numbers& all, const numbers& last) {
  return last.size() <= all.size() && std::equal(last.rbegin(), last.rend(), all.rbegin());
}

// `before` and `left` are what the queue held before and after the operation that threw.
void expect_kept(const numbers& before, const numbers& left, after_a_throw failed) {
  switch (failed) {
    case after_a_throw::nothing:
      EXPECT_EQ(left, before);
      break;
    case after_a_throw::part_of_the_batch_went_in: {
      numbers with_batch = before;
      with_batch.insert(with_batch.end(), {100, 101, 102});
      EXPECT_TRUE(begins_with(left, before) && begins_with(with_batch, left) && left != with_batch);
      break;
    }
    case after_a_throw::items_came_out:
      EXPECT_TRUE(ends_with(before, left) && left != before);
      break;
  }
}

template <class T>
void expect_works(plait::bounded_queue<T>& queue) {
  for (int i = 0; i != 3 * static_cast<int>(capacity); ++i) {
    EXPECT_TRUE(queue.emplace(i));
    const std::optional<T> item = queue.pop();
    EXPECT_TRUE(item && item->value() == i);
  }
}

template <class T>
void attempt(const operation<T>& each, int size, faults::trial& trial) {
  plait::bounded_queue<T> queue(capacity);
  numbers before;
  for (int i = 0; i != size; ++i) {
    before.push_back(i);
    queue.emplace(i);
  }
  std::array<T, 3> values{T(100), T(101), T(102)};

  const bool returned = trial.returns([&] { each.run(queue, values); });
  if (returned && queue.is_closed()) return;
  const std::size_t unfinished = queue.unfinished_tasks();
  const numbers left = drain(queue);
  if (!returned) {
    expect_kept(before, left, each.has_done);
    EXPECT_EQ(unfinished, std::max(left.size(), before.size()));
    if (each.has_done == after_a_throw::nothing) {
      for (int i = 0; i != 3; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)].value(), 100 + i);
    }
  }
  expect_works(queue);
}

TEST_F(bounded_queue_faults, no_operation_does_half_of_it_with_elements_that_may_throw_when_copied) {
  for (const auto& each : operations<fragile_to_copy>()) {
    SCOPED_TRACE(each.name);
    for (const int size : {0, 2, 4}) inject([&](faults::trial& trial) { attempt(each, size, trial); });
  }
}

TEST_F(bounded_queue_faults, no_operation_does_half_of_it_with_elements_that_may_throw_when_moved) {
  for (const auto& each : operations<fragile>()) {
    SCOPED_TRACE(each.name);
    for (const int size : {0, 2, 4}) inject([&](faults::trial& trial) { attempt(each, size, trial); });
  }
}

TEST_F(bounded_queue_faults, a_constructor_without_memory_leaves_nothing_behind) {
  inject([](faults::trial& trial) {
    trial.returns([] {
      plait::bounded_queue<fragile> queue(100);
      queue.emplace(1);
    });
  });
}

}  // namespace
