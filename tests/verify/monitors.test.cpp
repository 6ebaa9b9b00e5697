// SPDX-License-Identifier: MIT
// Each monitor compared with brute force, on very many small histories: sequential executions whose calls were
// stretched until they overlap, the same with some damage, and random ones. There are few moments, so that many
// are equal. VERIFY_EFFORT=20 in the environment takes twenty times as many.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

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
using history::counter_action;
using history::counter_operation;
using history::map_action;
using history::map_operation;
using history::moment;
using monitor_tests::dice;
using monitor_tests::scaled;
using monitor_tests::tally;

// The obvious search, without memoization, which is fast on histories of a few calls.
template <class State, class Operation>
bool can_be_ordered(std::span<const call<Operation>> calls, const State& state, std::uint32_t done = 0) {
  moment first_end = history::never;
  for (std::size_t i = 0; i != calls.size(); ++i)
    if ((done >> i & 1) == 0) first_end = std::min(first_end, calls[i].end);
  if (first_end == history::never) return true;
  for (std::size_t i = 0; i != calls.size(); ++i) {
    if ((done >> i & 1) != 0 || calls[i].begin > first_end) continue;
    State next = state;
    if (apply(next, calls[i].operation) && can_be_ordered(calls, next, done | 1U << i)) return true;
  }
  return false;
}

// Sequential operations, stretched until they overlap.
template <class Operation>
std::vector<call<Operation>> stretched(const std::vector<Operation>& operations, dice& random) {
  const std::uint32_t reach = 1 + random.below(8);
  std::vector<call<Operation>> calls;
  moment now = 10;
  for (const Operation& operation : operations) {
    now += random.below(4);
    calls.push_back({operation, now - random.below(reach), now + random.below(reach)});
  }
  return calls;
}

// Damages a history a little: its intervals or its results.
template <class Operation, class Change>
void damage(std::vector<call<Operation>>& calls, dice& random, Change change) {
  if (calls.empty()) return;
  const auto size = static_cast<std::uint32_t>(calls.size());
  for (std::uint32_t n = 1 + random.below(2); n != 0; --n) {
    auto& one = calls[random.below(size)];
    auto& other = calls[random.below(size)];
    switch (random.below(4)) {
      case 0:
        std::swap(one.begin, other.begin);
        std::swap(one.end, other.end);
        break;
      case 1:
        one.begin = one.end = one.begin + random.below(static_cast<std::uint32_t>(one.end - one.begin + 1));
        break;
      default:
        change(one.operation, other.operation);
    }
  }
}

// make(random) makes a history, judge(history) is the monitor, and operations are applied to `initial`. A
// monitor that is not exact may miss a fault, but must not report one in a correct history.
template <class Make, class Judge, class State>
tally compare(std::size_t count, bool is_exact, const State& initial, Make make, Judge judge) {
  tally result;
  dice random(20261122);
  for (count = scaled(count); result.histories != count; ++result.histories) {
    const auto calls = make(random);
    const std::span view(calls);
    const bool is_right = can_be_ordered(view, initial);
    const std::optional<std::string> fault = judge(view);
    if (!is_right) ++result.violating;
    if (!is_right && !fault) ++result.missed;
    if (is_right != !fault && (is_right || is_exact)) {
      ADD_FAILURE() << "history " << result.histories << ": brute force says " << (is_right ? "right" : "wrong")
                    << ", the monitor " << fault.value_or("nothing");
      for (const auto& c : calls)
        std::cout << describe(c.operation) << " " << history::interval(c.begin, c.end) << "\n";
      break;
    }
    // Now and then compares the library's own searches with this one too.
    if (result.histories % 64 == 0) {
      const auto apply_it = [](State& state, const auto& operation) { return apply(state, operation); };
      EXPECT_EQ(history::is_linearizable(view, initial, apply_it), is_right);
      EXPECT_EQ(!history::find_unexplained(view, initial, apply_it), is_right);
    }
  }
  EXPECT_GT(result.violating, result.histories / 20);
  EXPECT_LT(result.violating, result.histories - result.histories / 20);
  std::cout << result << "\n";
  return result;
}

// A container of up to eight values. The policy decides which one comes out.
enum class policy : std::uint8_t { fifo, lifo, smallest, smallest_pair, smallest_pair_in_order };

struct container {
  policy order = policy::fifo;
  std::uint32_t capacity = 8;
  std::uint32_t size = 0;
  bool is_closed = false;
  std::array<std::uint64_t, 8> values{};  // by arrival

  // Two values at a time are of equal priority in the *_pair policies.
  static std::uint64_t pair_of(std::uint64_t value) { return value / 2; }

  bool may_take(std::uint32_t at) const {
    const auto none = [&](std::uint32_t from, std::uint32_t to, auto&& is_before) {
      return std::none_of(values.begin() + from, values.begin() + to,
                          [&](std::uint64_t other) { return is_before(other, values[at]); });
    };
    const auto pairs_less = [](std::uint64_t a, std::uint64_t b) { return pair_of(a) < pair_of(b); };
    const auto pairs_same = [](std::uint64_t a, std::uint64_t b) { return pair_of(a) == pair_of(b); };
    switch (order) {
      case policy::fifo:
        return at == 0;
      case policy::lifo:
        return at + 1 == size;
      case policy::smallest:
        return none(0, size, std::less());
      case policy::smallest_pair:
        return none(0, size, pairs_less);
      case policy::smallest_pair_in_order:
        return none(0, size, pairs_less) && none(0, at, pairs_same);
    }
    return false;
  }

  void take(std::uint32_t at) {
    std::move(values.begin() + at + 1, values.begin() + size, values.begin() + at);
    values[--size] = 0;
  }

  auto operator<=>(const container&) const = default;
};

bool apply(container& c, const container_operation& operation) {
  switch (operation.what) {
    case container_action::pushed:
      if (c.is_closed || c.size == c.capacity) return false;
      c.values[c.size++] = operation.value;
      return true;
    case container_action::popped:
      for (std::uint32_t at = 0; at != c.size; ++at)
        if (c.values[at] == operation.value) return c.may_take(at) && (c.take(at), true);
      return false;
    case container_action::found_full:
      return !c.is_closed && c.size == c.capacity;
    case container_action::found_empty:
      return !c.is_closed && c.size == 0;
    case container_action::push_closed:
      return c.is_closed;
    case container_action::pop_closed:
      return c.is_closed && c.size == 0;
    case container_action::closed:
      c.is_closed = true;
      return true;
  }
  return false;
}

// An execution of a real container, stretched and sometimes damaged; or pushes and pops at random times.
std::vector<call<container_operation>> some_history(container c, dice& random) {
  using enum container_action;
  const std::uint32_t length = 3 + random.below(7);
  std::array<std::uint64_t, 8> names{0, 1, 2, 3, 4, 5, 6, 7};
  for (std::uint32_t i = 7; i != 0; --i) std::swap(names[i], names[random.below(i + 1)]);
  std::vector<call<container_operation>> calls;
  if (random.one_in(4)) {
    for (std::uint32_t value = 0; value != 1 + length / 2; ++value) {
      const auto at = [&](container_action what) {
        const moment begin = random.below(12);
        calls.push_back({{what, what == found_empty ? 0 : names[value]}, begin, begin + random.below(7)});
      };
      at(pushed);
      if (!random.one_in(5)) at(popped);
      if (random.one_in(6)) at(found_empty);
    }
    return calls;
  }
  const bool may_close = random.one_in(4);
  const std::uint32_t fondness = 1 + random.below(3);  // of pushing
  std::vector<container_operation> done;
  for (std::uint32_t next = 0; done.size() != length;) {
    if (may_close && random.one_in(6)) {
      done.push_back({closed});
    } else if (random.below(4) < fondness && next != names.size()) {
      const container_action what = c.is_closed ? push_closed : c.size == c.capacity ? found_full : pushed;
      done.push_back({what, what == pushed ? names[next++] : 0});
    } else if (c.size == 0) {
      done.push_back({c.is_closed ? pop_closed : found_empty});
    } else {
      std::uint32_t at = random.below(c.size);
      while (!c.may_take(at)) at = (at + 1) % c.size;
      done.push_back({popped, c.values[at]});
    }
    apply(c, done.back());
  }
  calls = stretched(done, random);
  if (random.one_in(3)) return calls;
  damage(calls, random, [&](container_operation& one, container_operation& other) {
    if (one.what == popped && other.what == popped) {
      std::swap(one.value, other.value);
    } else if (one.what == popped) {
      one = {random.one_in(4) ? pop_closed : found_empty};
    } else if (one.what == found_empty && c.capacity < 8) {
      one = {found_full};
    }
  });
  return calls;
}

tally compare_containers(std::size_t count, container initial, bool is_exact, auto judge) {
  return compare(count, is_exact, initial, [&](dice& random) { return some_history(initial, random); }, judge);
}

TEST(monitors, fifo_agrees_with_brute_force) {
  compare_containers(300'000, {policy::fifo}, true, [](auto calls) { return history::find_fifo_fault(calls); });
}

TEST(monitors, lifo_agrees_with_brute_force) {
  compare_containers(300'000, {policy::lifo}, true, [](auto calls) { return history::find_lifo_fault(calls); });
}

TEST(monitors, priority_of_distinct_values_agrees_with_brute_force) {
  compare_containers(250'000, {policy::smallest}, true,
                     [](auto calls) { return history::find_priority_fault(calls); });
}

TEST(monitors, priority_with_ties_agrees_with_brute_force) {
  compare_containers(250'000, {policy::smallest_pair}, true,
                     [](auto calls) { return history::find_priority_fault(calls, container::pair_of); });
}

TEST(monitors, priority_with_ties_in_order_agrees_with_brute_force) {
  compare_containers(250'000, {policy::smallest_pair_in_order}, true, [](auto calls) {
    return history::find_priority_fault(calls, container::pair_of, history::ties::first_in_first_out);
  });
}

// With a capacity monitors are not exact. They still find nearly every fault, and accept every correct history.
TEST(monitors, containers_of_limited_capacity_are_not_accused_wrongly) {
  const auto expect_few = [](const tally& t) { EXPECT_LT(t.missed, t.violating / 10); };
  for (std::uint32_t capacity = 1; capacity != 4; ++capacity) {
    expect_few(compare_containers(50'000, {policy::fifo, capacity}, false,
                                  [&](auto calls) { return history::find_fifo_fault(calls, capacity); }));
    expect_few(compare_containers(50'000, {policy::lifo, capacity}, false,
                                  [&](auto calls) { return history::find_lifo_fault(calls, capacity); }));
    expect_few(compare_containers(50'000, {policy::smallest, capacity}, false, [&](auto calls) {
      return history::find_priority_fault(calls, std::identity(), history::ties::any, capacity);
    }));
  }
}

struct sum {
  std::int64_t value = 0;
  auto operator<=>(const sum&) const = default;
};

bool apply(sum& s, const counter_operation& operation) {
  const std::int64_t before = s.value;
  if (operation.what == counter_action::added) s.value += operation.value;
  if (operation.what == counter_action::exchanged) s.value = operation.value;
  return operation.what == counter_action::added || operation.result == before;
}

// Adds of `step`, or of different numbers if that is 0.
std::vector<call<counter_operation>> some_counting(std::int64_t step, bool exchanges, dice& random) {
  std::vector<counter_operation> done;
  std::int64_t value = 3;
  for (std::uint32_t left = 3 + random.below(6); left != 0; --left) {
    const std::uint32_t choice = random.below(exchanges ? 5 : 4);
    if (choice < 2) {
      const std::int64_t n = step != 0 ? step : static_cast<std::int64_t>(random.below(4)) - 1;
      done.push_back({counter_action::added, n});
      value += n;
    } else if (choice < 4) {
      done.push_back({counter_action::read, 0, value});
    } else {
      done.push_back({counter_action::exchanged, 3, std::exchange(value, 3)});
    }
  }
  auto calls = stretched(done, random);
  if (!random.one_in(3))
    damage(calls, random, [&](counter_operation& one, counter_operation&) {
      if (one.what != counter_action::added) one.result += (random.one_in(2) ? 1 : -1) * (step != 0 ? step : 1);
    });
  return calls;
}

TEST(monitors, counters_of_one_step_agree_with_brute_force) {
  for (const std::int64_t step : {1, -2})
    compare(
        300'000, true, sum{3}, [&](dice& random) { return some_counting(step, false, random); },
        [](auto calls) { return history::find_counter_fault(calls, 3); });
}

TEST(monitors, counters_of_any_steps_and_with_exchanges_are_not_accused_wrongly) {
  for (const bool exchanges : {false, true}) {
    const tally t = compare(
        200'000, false, sum{3},
        [&](dice& random) { return some_counting(exchanges ? 1 : 0, exchanges, random); },
        [](auto calls) { return history::find_counter_fault(calls, 3); });
    EXPECT_LT(t.missed, t.violating / 4);
  }
}

enum class key_use : std::uint8_t { set, once_written, anything };

std::vector<call<map_operation>> some_mapping(key_use use, dice& random) {
  using enum map_action;
  const std::uint32_t keys = random.one_in(4) ? 2 : 1;
  std::array<history::map_entry, 2> map;
  std::vector<map_operation> done;
  std::uint64_t next = 1;
  for (std::uint32_t left = 3 + random.below(6); left != 0; --left) {
    const std::uint64_t key = random.below(keys);
    const history::map_entry now = map[key];
    const std::uint64_t value = use == key_use::set ? 0 : use == key_use::anything ? random.below(3) : next++;
    switch (use == key_use::once_written ? 3 * random.below(2) : random.below(use == key_use::set ? 3 : 5)) {
      case 0:
        done.push_back(now ? map_operation{found, key, *now} : map_operation{not_found, key});
        break;
      case 1:
        done.push_back(now ? map_operation{not_inserted, key} : map_operation{inserted, key, value});
        break;
      case 2:
        done.push_back({now ? erased : not_erased, key});
        break;
      case 3:
        done.push_back({put, key, value});
        break;
      default:
        done.push_back(now ? map_operation{assigned, key, value} : map_operation{not_found, key});
    }
    history::apply(map[key], done.back());
  }
  auto calls = stretched(done, random);
  if (!random.one_in(3))
    damage(calls, random, [&](map_operation& one, map_operation& other) {
      if (one.what == found && other.what == found) std::swap(one.value, other.value);
      if (one.what == not_found && other.what == found)
        one.what = found, one.value = other.value;
      else if (one.what == found && random.one_in(2))
        one = {not_found, one.key};
      else if (one.what == inserted)
        one = {not_inserted, one.key};
      else if (one.what == erased)
        one = {not_erased, one.key};
      else if (one.what == not_erased)
        one = {erased, one.key};
    });
  return calls;
}

struct two_keys {
  std::array<history::map_entry, 2> entries;
  auto operator<=>(const two_keys&) const = default;
};

bool apply(two_keys& map, const map_operation& operation) {
  return history::apply(map.entries[operation.key], operation);
}

TEST(monitors, sets_agree_with_brute_force) {
  compare(
      300'000, true, two_keys(), [](dice& random) { return some_mapping(key_use::set, random); },
      [](auto calls) { return history::find_map_fault(calls); });
}

TEST(monitors, maps_of_values_written_once_agree_with_brute_force) {
  compare(
      300'000, true, two_keys(), [](dice& random) { return some_mapping(key_use::once_written, random); },
      [](auto calls) { return history::find_map_fault(calls); });
}

TEST(monitors, maps_used_in_any_way_agree_with_brute_force) {
  compare(
      100'000, true, two_keys(), [](dice& random) { return some_mapping(key_use::anything, random); },
      [](auto calls) { return history::find_map_fault(calls); });
}

}  // namespace
