// SPDX-License-Identifier: MIT
// Long histories, because what makes the monitors fast with many values matters only there. First compared with
// a search that is exact but requires that few calls overlap, then as long as memory allows:
//   VERIFY_EFFORT=50 monitors_long.test --gtest_filter='*many*'    ten million operations
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <gtest/gtest.h>

#include <verify/history/counter_monitor.hpp>
#include <verify/history/fifo_monitor.hpp>
#include <verify/history/lifo_monitor.hpp>
#include <verify/history/linearizability.hpp>
#include <verify/history/map_monitor.hpp>
#include <verify/history/priority_monitor.hpp>

#include "support/monitor_tests.hpp"

namespace {

using history::call;
using history::container_action;
using history::container_operation;
using history::moment;
using monitor_tests::dice;
using monitor_tests::scaled;
using monitor_tests::tally;

enum class policy : std::uint8_t { fifo, lifo, smallest };

std::optional<std::string> find_fault(policy order, std::span<const call<container_operation>> calls) {
  switch (order) {
    case policy::fifo:
      return history::find_fifo_fault(calls);
    case policy::lifo:
      return history::find_lifo_fault(calls);
    case policy::smallest:
      return history::find_priority_fault(calls);
  }
  return "?";
}

struct long_container {
  policy order = policy::fifo;
  std::vector<std::uint64_t> values = {};
  auto operator<=>(const long_container&) const = default;

  std::size_t next_out() const {
    if (order == policy::fifo) return 0;
    if (order == policy::lifo) return values.size() - 1;
    return static_cast<std::size_t>(std::ranges::min_element(values) - values.begin());
  }
};

bool apply(long_container& c, const container_operation& operation) {
  if (operation.what == container_action::pushed) c.values.push_back(operation.value);
  if (operation.what != container_action::popped)
    return operation.what == container_action::pushed || c.values.empty();
  if (c.values.empty() || c.values[c.next_out()] != operation.value) return false;
  c.values.erase(c.values.begin() + static_cast<std::ptrdiff_t>(c.next_out()));
  return true;
}

// About one call in `calm` lasts long.
std::vector<call<container_operation>> some_long_history(policy order, std::uint32_t calm, dice& random) {
  using enum container_action;
  const std::uint32_t length = 20 + random.below(60);
  const std::uint32_t fondness = 2 + random.below(3);
  long_container c{order};
  std::vector<call<container_operation>> calls;
  moment now = 100;
  for (std::uint64_t next = 0; calls.size() != length; now += 1 + random.below(3)) {
    container_operation operation{found_empty};
    if (random.below(4) < fondness && !random.one_in(4))
      operation = {pushed, next++ * 7919 % 1009};
    else if (!c.values.empty())
      operation = {popped, c.values[c.next_out()]};
    apply(c, operation);
    const std::uint32_t reach = random.one_in(calm) ? 9 : 1;
    calls.push_back({operation, now - random.below(reach), now + random.below(reach)});
  }
  if (random.one_in(2)) return calls;
  const auto at = random.below(length - 4);
  auto& one = calls[at];
  auto& other = calls[at + 1 + random.below(4)];
  if (one.operation.what == other.operation.what)
    std::swap(one.operation.value, other.operation.value);
  else if (random.one_in(2))
    std::swap(one.operation, other.operation);
  return calls;
}

template <class IsRight>
void compare(policy order, std::size_t count, std::uint32_t calm, IsRight is_right_by) {
  tally result;
  dice random(7);
  for (count = scaled(count); result.histories != count; ++result.histories) {
    const auto calls = some_long_history(order, calm, random);
    const bool is_right = is_right_by(calls);
    const auto fault = find_fault(order, calls);
    if (!is_right) ++result.violating;
    ASSERT_EQ(is_right, !fault) << fault.value_or("nothing") << " in history " << result.histories;
  }
  EXPECT_GT(result.violating, result.histories / 20);
  EXPECT_LT(result.violating, result.histories - result.histories / 20);
  std::cout << result << "\n";
}

TEST(monitors_long, containers_are_judged_as_by_just_in_time_linearization) {
  for (const policy order : {policy::fifo, policy::lifo, policy::smallest})
    compare(order, 500, 15, [&](const auto& calls) {
      return !history::find_unexplained(
          std::span(calls), long_container{order},
          [](auto& state, const auto& operation) { return apply(state, operation); });
    });
}

// Whether there is a value that can be at the bottom, and so on without it: lifo_monitor.hpp's rule, without
// its optimizations.
bool can_be_stacked(std::vector<history::life> lives) {
  std::erase_if(lives, [](const history::life& l) { return l.push_end >= l.pop_begin; });
  if (lives.empty()) return true;
  std::ranges::sort(lives, {}, &history::life::push_end);
  moment end = lives.front().pop_begin;
  for (std::size_t i = 1; i != lives.size(); ++i) {
    if (lives[i].push_end >= end)  // at one moment nothing was there
      return can_be_stacked({lives.begin(), lives.begin() + static_cast<std::ptrdiff_t>(i)}) &&
             can_be_stacked({lives.begin() + static_cast<std::ptrdiff_t>(i), lives.end()});
    end = std::max(end, lives[i].pop_begin);
  }
  for (auto at = lives.begin(); at != lives.end(); ++at)
    if (at->push_begin <= lives.front().push_end && at->pop_end >= end) {
      lives.erase(at);
      return can_be_stacked(lives);
    }
  return false;
}

TEST(monitors_long, stacks_with_much_overlap_are_judged_as_by_the_plain_form_of_the_algorithm) {
  compare(policy::lifo, 30'000, 2, [](const auto& calls) {
    const auto history = history::detail::put_together(calls, false);
    return history && can_be_stacked(history->lives) && !history::detail::find_false_empty(*history);
  });
}

// An execution of a real container that holds some 1000 values, as four threads could have made it.
std::vector<call<container_operation>> very_long_history(policy order, std::size_t length, dice& random) {
  using enum container_action;
  std::vector<call<container_operation>> calls;
  calls.reserve(length);
  std::deque<std::uint64_t> line;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> heap;
  moment now = 100;
  for (std::uint64_t next = 0; calls.size() != length; now += 1 + random.below(20)) {
    const std::size_t size = line.size() + heap.size();
    container_operation operation{found_empty};
    if (size < 1000 ? !random.one_in(3) : random.one_in(3)) {
      operation = {pushed, next++ * 1'000'003 % 1'000'000'007};
      if (order == policy::smallest)
        heap.push(operation.value);
      else
        line.push_back(operation.value);
    } else if (order == policy::smallest && !heap.empty()) {
      operation = {popped, heap.top()};
      heap.pop();
    } else if (order == policy::fifo && !line.empty()) {
      operation = {popped, line.front()};
      line.pop_front();
    } else if (order == policy::lifo && !line.empty()) {
      operation = {popped, line.back()};
      line.pop_back();
    }
    calls.push_back({operation, now - random.below(30), now + random.below(30)});
  }
  return calls;
}

template <class Judge>
double seconds(Judge judge) {
  const auto start = std::chrono::steady_clock::now();
  judge();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

long peak_megabytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss / 1024;
}

TEST(monitors_long, many_operations_on_containers_are_judged_in_seconds) {
  for (const auto& [order, name] : {std::pair(policy::fifo, "fifo"), std::pair(policy::lifo, "lifo"),
                                    std::pair(policy::smallest, "priority")}) {
    dice random(3);
    auto calls = very_long_history(order, scaled(200'000), random);
    const long before = peak_megabytes();
    const double took = seconds([&] { EXPECT_EQ(find_fault(order, calls).value_or("none"), "none"); });
    std::cout << name << ": " << calls.size() << " operations in " << took << " s; " << before
              << " MiB for the history, " << peak_megabytes() << " MiB at the peak\n";
    // Two more values, of which the wrong one comes out first.
    const moment end = calls.back().end + 100;
    for (const auto& [what, value, when] :
         {std::tuple(container_action::pushed, 1'000'000'008, 0),
          std::tuple(container_action::pushed, 1'000'000'009, 2),
          std::tuple(container_action::popped, order == policy::lifo ? 1'000'000'008 : 1'000'000'009, 4)})
      calls.push_back({{what, static_cast<std::uint64_t>(value)},
                       end + static_cast<moment>(when),
                       end + static_cast<moment>(when) + 1});
    EXPECT_TRUE(find_fault(order, calls));
  }
}

TEST(monitors_long, many_operations_on_maps_and_counters_are_judged_in_seconds) {
  using enum history::map_action;
  dice random(3);
  std::vector<history::map_entry> map(1000);
  std::vector<history::map_call> uses;
  std::vector<history::counter_call> counts;
  std::int64_t count = 0;
  moment now = 100;
  for (std::size_t left = scaled(200'000); left != 0; --left, now += 1 + random.below(20)) {
    const std::uint64_t key = random.below(1000);
    history::map_operation use{map[key] ? found : not_found, key};
    if (random.one_in(2))
      use.what = random.one_in(2) ? (map[key] ? not_inserted : inserted) : (map[key] ? erased : not_erased);
    history::apply(map[key], use);
    uses.push_back({use, now - random.below(30), now + random.below(30)});
    history::counter_operation one{history::counter_action::read, 0, count};
    if (random.one_in(2)) one = {history::counter_action::added, 1}, ++count;
    counts.push_back({one, now - random.below(30), now + random.below(30)});
  }
  const double map_seconds =
      seconds([&] { EXPECT_EQ(history::find_map_fault(uses).value_or("none"), "none"); });
  const double counter_seconds =
      seconds([&] { EXPECT_EQ(history::find_counter_fault(counts).value_or("none"), "none"); });
  std::cout << "set of 1000 keys: " << uses.size() << " operations in " << map_seconds
            << " s\ncounter: " << counts.size() << " operations in " << counter_seconds << " s\n";
  counts.push_back({{history::counter_action::read, 0, count - 1}, now + 100, now + 101});
  EXPECT_TRUE(history::find_counter_fault(counts));
  uses.push_back({{map[5] ? not_erased : erased, 5}, now + 100, now + 101});
  EXPECT_TRUE(history::find_map_fault(uses));
}

}  // namespace
