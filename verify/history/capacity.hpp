// SPDX-License-Identifier: MIT
// Whether a container with a capacity ever held too many values, or returned full when it was not full.
//
// Sound but not complete: each moment is judged by itself, from the fewest and the most values that the
// container can have held. A history may pass although no single choice of moments makes all its results right.
// (tests/verify/monitors.test.cpp counts how often.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <verify/history/container_history.hpp>

namespace history::detail {

// A number that changes at given moments.
class staircase {
 public:
  void change(moment when, std::int64_t by) { steps_.push_back({when, by}); }

  // Turns each step's height from the change into the number after it.
  void build() {
    std::ranges::sort(steps_, {}, &step::when);
    std::vector<step> built;
    std::int64_t height = 0;
    for (const step& each : steps_) {
      height += each.height;
      if (!built.empty() && built.back().when == each.when) built.pop_back();
      built.push_back({each.when, height});
    }
    steps_ = std::move(built);
  }

  // Calls consume(interval, number) with the largest number within each interval, in the order of the
  // intervals' ends. O(log n) each: steps that a later one exceeds are dropped.
  template <class Consume>
  void highest_within(std::vector<refusal> intervals, Consume consume) const {
    std::ranges::sort(intervals, {}, &refusal::end);
    std::vector<step> tops;  // decreasing; each holds until the next of steps_ that is not lower
    auto next = steps_.begin();
    for (const refusal& each : intervals) {
      for (; next != steps_.end() && next->when <= each.end; ++next) {
        while (!tops.empty() && tops.back().height <= next->height) tops.pop_back();
        tops.push_back(*next);
      }
      // The step that holds when the interval begins counts too.
      const auto after = std::ranges::upper_bound(steps_, each.begin, {}, &step::when);
      const moment from = after == steps_.begin() ? 0 : std::prev(after)->when;
      const auto top = std::ranges::lower_bound(tops, from, {}, &step::when);
      consume(each, top == tops.end() ? 0 : top->height);
    }
  }

 private:
  struct step {
    moment when;
    std::int64_t height;
  };
  std::vector<step> steps_;
};

inline std::optional<std::string> find_false_full(const container_history& history, std::size_t capacity) {
  const auto room =
      static_cast<std::int64_t>(std::min<std::size_t>(capacity, std::numeric_limits<std::int64_t>::max()));
  if (history.lives.size() > capacity) {
    // Takes before puts of the same moment, because they may have happened in that order.
    struct event {
      moment when;
      bool is_put;
      const life* who;
    };
    std::vector<event> events;
    for (const life& l : history.lives)
      if (l.surely_after() < l.surely_before()) {
        events.push_back({l.surely_after(), true, &l});
        events.push_back({l.surely_before(), false, &l});
      }
    std::ranges::sort(events, [](const event& a, const event& b) {
      return a.when != b.when ? a.when < b.when : a.is_put < b.is_put;
    });
    std::int64_t present = 0;
    for (const event& e : events) {
      present += e.is_put ? 1 : -1;
      if (present > room)
        return describe(*e.who) + " was one too many: " + std::to_string(capacity) +
               " others were certainly there";
    }
  }
  if (history.fulls.empty()) return std::nullopt;
  staircase at_most;
  for (const life& l : history.lives) {
    at_most.change(l.push_begin, 1);
    if (l.pop_end != never) at_most.change(l.pop_end + 1, -1);
  }
  at_most.build();
  std::optional<std::string> found;
  at_most.highest_within(history.fulls, [&](const refusal& full, std::int64_t most) {
    if (most >= room || found) return;
    found = "push: full " + interval(full.begin, full.end) + " is not true: there were never more than " +
            std::to_string(most) + " of " + std::to_string(capacity) + " values";
  });
  return found;
}

}  // namespace history::detail
