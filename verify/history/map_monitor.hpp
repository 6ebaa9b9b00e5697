// SPDX-License-Identifier: MIT
// Judges the history of a map or a set.
//
// Exact: a fault is found if and only if the history is not linearizable. Keys are judged one by one, because a
// history is linearizable if its part on each object is (Herlihy and Wing 1990). A key that is
//   - only inserted, erased and looked up, always with one value, as in a set: O(n log n)
//   - only put and looked up, each value put once: O(n log n)
//   - used in any other way: linear in the calls, but exponential in how many on that key overlap.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>
#include <verify/history/container_history.hpp>
#include <verify/history/coverage.hpp>
#include <verify/history/linearizability.hpp>

namespace history {

enum class map_action : std::uint8_t {
  inserted,      // it was absent, now it has the value
  not_inserted,  // it was present
  put,           // whether or not it was present, now it has the value
  assigned,      // it was present, now it has the value
  erased,        // it was present, now it is absent
  not_erased,    // it was absent
  found,         // it had the value
  not_found,     // it was absent
};

// In a set, all values are 0.
struct map_operation {
  map_action what;
  std::uint64_t key;
  std::uint64_t value = 0;
};

using map_call = call<map_operation>;

inline std::string describe(const map_operation& operation) {
  const std::string key = std::string(1, ' ').append(std::to_string(operation.key));
  const std::string value = std::string(1, ' ').append(name_of(operation.value));
  switch (operation.what) {
    case map_action::inserted:
      return "insert" + key + value;
    case map_action::not_inserted:
      return "insert" + key + ": present";
    case map_action::put:
      return "put" + key + value;
    case map_action::assigned:
      return "assign" + key + value;
    case map_action::erased:
      return "erase" + key;
    case map_action::not_erased:
      return "erase" + key + ": absent";
    case map_action::found:
      return "find" + key + ":" + value;
    case map_action::not_found:
      return "find" + key + ": absent";
  }
  return "?";
}

// The sequential state of a key. The function applies an operation, and returns whether its result is possible.
using map_entry = std::optional<std::uint64_t>;
inline bool apply(map_entry& entry, const map_operation& operation) {
  const bool was_present = entry.has_value();
  switch (operation.what) {
    case map_action::inserted:
      entry = operation.value;
      return !was_present;
    case map_action::not_inserted:
      return was_present;
    case map_action::put:
      entry = operation.value;
      return true;
    case map_action::assigned:
      entry = operation.value;
      return was_present;
    case map_action::erased:
      entry.reset();
      return was_present;
    case map_action::not_erased:
      return !was_present;
    case map_action::found:
      return entry == operation.value;
    case map_action::not_found:
      return !was_present;
  }
  return false;
}

namespace detail {

inline std::string describe(const map_call& c) {
  return history::describe(c.operation) + " " + interval(c.begin, c.end);
}

// One key of a set. Inserts and erases must alternate, and all inserts are alike. So the state may be changed
// as late as possible, when a call that needs the other state ends, by the insert or erase that ends first.
// Calls that only look the key up are applied as soon as the state is right.
inline std::optional<std::string> find_set_fault(std::span<const map_call> calls) {
  using enum map_action;
  struct event {
    moment when;
    bool is_end;
    std::size_t which;
  };
  std::vector<event> events;
  for (std::size_t i = 0; i != calls.size(); ++i) {
    events.push_back({calls[i].begin, false, i});
    events.push_back({calls[i].end, true, i});
  }
  std::ranges::sort(events, [](const event& a, const event& b) {
    return a.when != b.when ? a.when < b.when : a.is_end < b.is_end;
  });
  const auto is_change = [&](std::size_t i) {
    return calls[i].operation.what == inserted || calls[i].operation.what == erased;
  };
  // The state that the call makes, or sees.
  const auto state_of = [&](std::size_t i) {
    const map_action what = calls[i].operation.what;
    return what == inserted || what == not_inserted || what == found;
  };

  using by_end = std::pair<moment, std::size_t>;
  std::array<std::priority_queue<by_end, std::vector<by_end>, std::greater<>>, 2> changes;  // by what they make
  std::array<std::vector<std::size_t>, 2> looks;                                            // by what they see
  std::vector<bool> is_done(calls.size());
  bool is_present = false;
  const auto change_by = [&](std::size_t i) {
    is_done[i] = true;
    is_present = !is_present;
    for (const std::size_t look : looks[is_present ? 1 : 0]) is_done[look] = true;
    looks[is_present ? 1 : 0].clear();
  };

  for (const auto& [when, is_end, which] : events) {
    const std::size_t state = state_of(which) ? 1 : 0;
    if (!is_end) {
      if (is_change(which))
        changes[state].push({calls[which].end, which});
      else if (state_of(which) == is_present)
        is_done[which] = true;
      else
        looks[state].push_back(which);
      continue;
    }
    if (is_done[which]) continue;
    if (!is_change(which) || state_of(which) == is_present) {
      auto& others = changes[is_present ? 0 : 1];
      while (!others.empty() && is_done[others.top().second]) others.pop();
      if (others.empty())
        return describe(calls[which]) + ": the key was " + (is_present ? "present" : "absent") +
               " all that time, and nobody was there to change it";
      change_by(others.top().second);
    }
    if (!is_done[which]) change_by(which);
  }
  return std::nullopt;
}

// One key that is put, each value once, and looked up. A value is there at least from the first end to the last
// begin of the calls that name it, if the former is earlier; such intervals must not overlap. If all its calls
// overlap, it may come and go at one moment, which must be outside of all those intervals. (Gibbons, Korach
// 1997.)
inline std::optional<std::string> find_register_fault(std::vector<map_call> calls) {
  using enum map_action;
  struct reign {
    moment first_end = never;
    moment last_begin = 0;
    const map_call* first = nullptr;  // of these two
    const map_call* last = nullptr;
  };
  // Absence is a value too, put at moment 0, before all others.
  const auto seen = [](const map_call& c) {
    return c.operation.what == not_found ? map_entry() : map_entry(c.operation.value);
  };
  std::ranges::sort(calls, {}, [&](const map_call& c) { return std::pair(seen(c), c.operation.what != put); });
  std::vector<reign> lasting;
  std::vector<reign> brief;
  for (auto at = calls.cbegin(); at != calls.cend();) {
    reign now;
    const map_call& first = *at;
    if (first.operation.what == not_found) now.first_end = 0;
    if (first.operation.what == found) return describe(first) + ": nobody put that value";
    for (; at != calls.cend() && seen(*at) == seen(first); ++at) {
      if (first.operation.what == put && at->end < first.begin)
        return describe(*at) + " came before " + describe(first);
      if (at->end + 1 < now.first_end) {
        now.first_end = at->end + 1;
        now.first = &*at;
      }
      if (at->begin + 1 > now.last_begin) {
        now.last_begin = at->begin + 1;
        now.last = &*at;
      }
    }
    (now.first_end < now.last_begin ? lasting : brief).push_back(now);
  }
  std::ranges::sort(lasting, {}, &reign::first_end);
  const auto told = [](const reign& r) {
    return (r.first == nullptr ? std::string("the beginning") : describe(*r.first)) + " to " +
           describe(*r.last);
  };
  coverage taken;
  for (std::size_t i = 0; i != lasting.size(); ++i) {
    if (i != 0 && lasting[i].first_end < lasting[i - 1].last_begin)
      return "two values at the same time: one from " + told(lasting[i - 1]) + ", one from " + told(lasting[i]);
    taken.add(lasting[i].first_end, lasting[i].last_begin);
  }
  for (const reign& r : brief)
    if (taken.covers(r.last_begin, r.first_end))
      return describe(*r.last) + " has no room: another value was there all the time, from " +
             told(*std::prev(std::ranges::upper_bound(lasting, r.last_begin, {}, &reign::first_end)));
  return std::nullopt;
}

// Of the calls of one key, by an apply() as above.
template <class Apply>
std::optional<std::string> find_unexplained_call(std::span<const map_call> calls, Apply apply) {
  if (const auto which = find_unexplained(calls, map_entry(), apply))
    return describe(calls[*which]) + ": no order of the calls up to its end explains it";
  return std::nullopt;
}

inline std::optional<std::string> find_key_fault(std::span<const map_call> calls) {
  using enum map_action;
  const auto is_any_of = [](map_action what, auto... actions) { return ((what == actions) || ...); };
  bool is_set = true;
  bool is_register = true;
  std::optional<std::uint64_t> only_value;
  std::vector<std::uint64_t> values;
  for (const map_call& c : calls) {
    const auto [what, key, value] = c.operation;
    if (is_any_of(what, inserted, found)) is_set = is_set && only_value.value_or(value) == value;
    if (is_any_of(what, inserted, found)) only_value = value;
    if (is_any_of(what, put, assigned)) is_set = false;
    if (what == put) values.push_back(value);
    if (!is_any_of(what, put, found, not_found)) is_register = false;
  }
  if (is_set) return find_set_fault(calls);
  if (is_register) {
    std::ranges::sort(values);
    if (std::ranges::adjacent_find(values) == values.end())
      return find_register_fault(std::vector(calls.begin(), calls.end()));
  }
  return find_unexplained_call(calls, history::apply);
}

// The first fault that `find_in_key` finds among the calls of a key.
template <class FindInKey>
std::optional<std::string> find_fault_by_key(std::span<const map_call> calls, FindInKey find_in_key) {
  std::vector<map_call> by_key(calls.begin(), calls.end());
  std::ranges::sort(by_key, {}, [](const map_call& c) { return std::pair(c.operation.key, c.begin); });
  for (auto first = by_key.begin(); first != by_key.end();) {
    const auto last = std::ranges::find_if(
        first, by_key.end(), [&](const map_call& c) { return c.operation.key != first->operation.key; });
    if (auto fault = find_in_key(std::span<const map_call>(first, last))) return fault;
    first = last;
  }
  return std::nullopt;
}

}  // namespace detail

// Describes the fault, if there is one. The map is empty at first.
inline std::optional<std::string> find_map_fault(std::span<const map_call> calls) {
  return detail::find_fault_by_key(calls, detail::find_key_fault);
}

// The same by another apply(), for something that answers otherwise than a map does.
template <class Apply>
std::optional<std::string> find_map_fault(std::span<const map_call> calls, Apply apply) {
  return detail::find_fault_by_key(
      calls, [&](std::span<const map_call> own) { return detail::find_unexplained_call(own, apply); });
}

}  // namespace history
