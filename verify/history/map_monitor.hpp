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
class key_of_set {
 public:
  explicit key_of_set(std::span<const map_call> calls) : calls_(calls), is_done_(calls.size()) {}

  bool is_present() const noexcept { return state_ == present; }

  void begin(std::size_t which) {
    const std::size_t state = state_of(which);
    if (is_change(which))
      changes_[state].push({calls_[which].end, which});
    else if (state == state_)
      is_done_[which] = true;
    else
      looks_[state].push_back(which);
  }

  // False if nobody can have made the state that the call needs.
  bool end(std::size_t which) {
    if (is_done_[which]) return true;
    if (!is_change(which) || state_of(which) == state_) {
      auto& others = changes_[other(state_)];
      while (!others.empty() && is_done_[others.top().second]) others.pop();
      if (others.empty()) return false;
      change_by(others.top().second);
    }
    if (!is_done_[which]) change_by(which);
    return true;
  }

 private:
  using by_end = std::pair<moment, std::size_t>;

  static constexpr std::size_t absent = 0, present = 1;
  static constexpr std::size_t other(std::size_t state) noexcept { return present - state; }

  bool is_change(std::size_t which) const {
    const map_action what = calls_[which].operation.what;
    return what == map_action::inserted || what == map_action::erased;
  }
  // The state that the call makes, or sees.
  std::size_t state_of(std::size_t which) const {
    const map_action what = calls_[which].operation.what;
    const bool is_there =
        what == map_action::inserted || what == map_action::not_inserted || what == map_action::found;
    return is_there ? present : absent;
  }
  void change_by(std::size_t which) {
    is_done_[which] = true;
    state_ = other(state_);
    for (const std::size_t look : looks_[state_]) is_done_[look] = true;
    looks_[state_].clear();
  }

  std::span<const map_call> calls_;
  std::vector<bool> is_done_;  // the calls that have been applied
  std::size_t state_ = absent;
  // Calls that have begun and may not be done yet, by the state that they make or see.
  std::array<std::priority_queue<by_end, std::vector<by_end>, std::greater<>>, 2> changes_;
  std::array<std::vector<std::size_t>, 2> looks_;
};

inline std::optional<std::string> find_set_fault(std::span<const map_call> calls) {
  key_of_set key(calls);
  for (const auto& [when, is_end, which] : boundaries_of(calls)) {
    if (!is_end)
      key.begin(which);
    else if (!key.end(which))
      return describe(calls[which]) + ": the key was " + (key.is_present() ? "present" : "absent") +
             " all that time, and nobody was there to change it";
  }
  return std::nullopt;
}

// When a value was there at least: from the first end to the last begin of the calls that name it, if the
// former is earlier. Otherwise all of them overlap, and it may have come and gone at one moment.
struct reign {
  moment first_end = never;
  moment last_begin = 0;
  const map_call* first = nullptr;  // of these two; null: the beginning of the history
  const map_call* last = nullptr;
};

inline std::string describe(const reign& r) {
  return (r.first == nullptr ? std::string("the beginning") : describe(*r.first)) + " to " + describe(*r.last);
}

// What a call put or saw. Absence is a value too, put at moment 0, before all others.
inline map_entry value_of(const map_call& c) {
  return c.operation.what == map_action::not_found ? map_entry() : map_entry(c.operation.value);
}

// Of all calls that name one value, of which the put is the first: the reign, or what is wrong with them.
inline std::optional<std::string> find_reign(std::span<const map_call> calls, reign& found) {
  const map_call& first = calls.front();
  if (first.operation.what == map_action::not_found) found.first_end = 0;
  if (first.operation.what == map_action::found) return describe(first) + ": nobody put that value";
  for (const map_call& each : calls) {
    if (first.operation.what == map_action::put && each.end < first.begin)
      return describe(each) + " came before " + describe(first);
    if (each.end + 1 < found.first_end) {
      found.first_end = each.end + 1;
      found.first = &each;
    }
    if (each.begin + 1 > found.last_begin) {
      found.last_begin = each.begin + 1;
      found.last = &each;
    }
  }
  return std::nullopt;
}

// One key that is put, each value once, and looked up. The reigns of values that were there for some time must
// not overlap, and the moment of any other must be outside of all those. (Gibbons, Korach 1997.)
inline std::optional<std::string> find_register_fault(std::vector<map_call> calls) {
  std::ranges::sort(calls, {}, [&](const map_call& c) {
    return std::pair(value_of(c), c.operation.what != map_action::put);
  });
  std::vector<reign> lasting;
  std::vector<reign> brief;
  for (auto at = calls.cbegin(); at != calls.cend();) {
    const auto end =
        std::find_if(at, calls.cend(), [&](const map_call& c) { return value_of(c) != value_of(*at); });
    reign now;
    if (auto fault = find_reign({at, end}, now)) return fault;
    (now.first_end < now.last_begin ? lasting : brief).push_back(now);
    at = end;
  }
  std::ranges::sort(lasting, {}, &reign::first_end);
  coverage taken;
  for (std::size_t i = 0; i != lasting.size(); ++i) {
    if (i != 0 && lasting[i].first_end < lasting[i - 1].last_begin)
      return "two values at the same time: one from " + describe(lasting[i - 1]) + ", one from " +
             describe(lasting[i]);
    taken.add(lasting[i].first_end, lasting[i].last_begin);
  }
  for (const reign& r : brief)
    if (taken.covers(r.last_begin, r.first_end))
      return describe(*r.last) + " has no room: another value was there all the time, from " +
             describe(*std::prev(std::ranges::upper_bound(lasting, r.last_begin, {}, &reign::first_end)));
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
