// SPDX-License-Identifier: MIT
// Judges the history of a last-in, first-out stack, in O(n log^2 n).
//
// Exact for unbounded stacks, with closing: a fault is found if and only if the history is not
// linearizable. For bounded ones see capacity.hpp.
//
// - A value whose push and pop overlap can be pushed and popped at one moment, whatever else is there: it is
//   left out. Every other value was certainly there between the end of its push and the begin of its pop.
// - At a moment at which no value was certainly there, the stack may be assumed to be empty (find_false_empty
//   says why): what comes before and after are separate histories. So the history is split into stretches
//   without such a moment.
// - Throughout a stretch one value is at the bottom. Its push began before the stretch did, and its pop ended
//   after the stretch. Any value of the stretch with that property can be the one at the bottom: everything
//   else happens in between, on top of it. If there is none, no order exists. Otherwise the rest of the stretch
//   is judged in the same way, without that value. The choice does not matter, because a history stays legal
//   when a value is removed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <verify/history/capacity.hpp>
#include <verify/history/container_history.hpp>

namespace history {
namespace detail {

// How many intervals cover each point of a sequence: a segment tree of minima.
class cover_counts {
 public:
  explicit cover_counts(std::size_t points) : points_(points), nodes_(4 * points) {}

  void add(std::size_t from, std::size_t to, std::int32_t change) {  // without `to`
    if (from < to) add(1, 0, points_, from, to, change);
  }

  // The first point at or after `from` that no interval covers; there must be one.
  std::size_t first_free(std::size_t from) const { return *first_free(1, 0, points_, from, 0); }

 private:
  struct node {
    std::int32_t least = 0;  // below this node, without what covers it as a whole
    std::int32_t whole = 0;
  };

  void add(std::size_t at, std::size_t low, std::size_t high, std::size_t from, std::size_t to,
           std::int32_t change) {
    if (from <= low && high <= to) {
      nodes_[at].whole += change;
      return;
    }
    const std::size_t middle = low + (high - low) / 2;
    if (from < middle) add(2 * at, low, middle, from, to, change);
    if (to > middle) add(2 * at + 1, middle, high, from, to, change);
    nodes_[at].least = std::min(total(2 * at), total(2 * at + 1));
  }

  std::optional<std::size_t> first_free(std::size_t at, std::size_t low, std::size_t high, std::size_t from,
                                        std::int32_t above) const {
    if (high <= from || above + total(at) > 0) return std::nullopt;
    if (high - low == 1) return low;
    const std::size_t middle = low + (high - low) / 2;
    const std::int32_t here = above + nodes_[at].whole;
    if (auto left = first_free(2 * at, low, middle, from, here)) return left;
    return first_free(2 * at + 1, middle, high, from, here);
  }

  std::int32_t total(std::size_t at) const { return nodes_[at].least + nodes_[at].whole; }

  std::size_t points_;
  std::vector<node> nodes_;
};

class bottom_finder {
 public:
  explicit bottom_finder(std::span<const life> all) {
    for (const life& l : all)
      if (l.surely_after() < l.surely_before()) {
        lives_.push_back(l);
        points_.push_back(l.surely_after());
        points_.push_back(l.surely_before());
      }
    std::ranges::sort(lives_, {}, &life::push_end);
    std::ranges::sort(points_);
    points_.erase(std::ranges::unique(points_).begin(), points_.end());
    is_taken_.resize(lives_.size());
  }

  std::optional<std::string> find_fault() {
    if (lives_.empty()) return std::nullopt;
    cover_counts covered(points_.size());
    for (const life& l : lives_) covered.add(point(l.push_end) + 1, point(l.pop_begin), 1);
    std::vector<stretch> left;
    split(covered, {0, points_.size() - 1, 0, lives_.size()}, left);
    while (!left.empty()) {
      stretch now = std::move(left.back());
      left.pop_back();
      const std::optional<std::size_t> bottom = take_bottom(now);
      if (!bottom) return explain(now);
      const life& l = lives_[*bottom];
      covered.add(point(l.push_end) + 1, point(l.pop_begin), -1);
      split(covered, std::move(now), left);
    }
    return std::nullopt;
  }

 private:
  using by_time = std::pair<moment, std::size_t>;  // and the index of the life in lives_

  // Two points with no free point between them, and the values that live there.
  struct stretch {
    std::size_t begin;
    std::size_t end;
    std::size_t first_life;  // in lives_, values that were removed already included
    std::size_t last_life;
    // The values whose push had not begun when the stretch began, earliest first; and the others, by the end of
    // their pop, latest first. After a split, values of the other parts may be among them.
    std::priority_queue<by_time, std::vector<by_time>, std::greater<>> late = {};
    std::priority_queue<by_time> ready = {};

    std::size_t size() const { return last_life - first_life; }
  };

  std::size_t point(moment when) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(points_, when) - points_.begin());
  }

  static bool owns(const stretch& s, std::size_t life_number) {
    return life_number >= s.first_life && life_number < s.last_life;
  }

  std::optional<std::size_t> take_bottom(stretch& s) {
    for (; !s.late.empty() && s.late.top().first <= points_[s.begin]; s.late.pop())
      if (const std::size_t number = s.late.top().second; owns(s, number))
        s.ready.push({lives_[number].pop_end, number});
    while (!s.ready.empty() && !owns(s, s.ready.top().second)) s.ready.pop();
    if (s.ready.empty() || s.ready.top().first < points_[s.end]) return std::nullopt;
    const std::size_t result = s.ready.top().second;
    s.ready.pop();
    is_taken_[result] = true;
    return result;
  }

  // Adds to `into` the stretches into which this one is split, except those with no point between their ends:
  // their values begin and end with the stretch, so any order of them is right. The longest part inherits the
  // queues, the others get new ones, so a value changes queues at most log2(n) times.
  void split(const cover_counts& covered, stretch old, std::vector<stretch>& into) const {
    const std::size_t first_heir = into.size();
    std::size_t longest = first_heir;
    std::size_t first_life = old.first_life;
    for (std::size_t begin = old.begin; begin != old.end;) {
      const std::size_t end = covered.first_free(begin + 1);
      const auto place = [&](std::size_t number) {
        return lives_.begin() + static_cast<std::ptrdiff_t>(number);
      };
      const auto last =
          std::ranges::lower_bound(place(first_life), place(old.last_life), points_[end], {}, &life::push_end);
      const auto last_life = static_cast<std::size_t>(last - lives_.begin());
      if (end - begin > 1) {
        into.push_back({begin, end, first_life, last_life});
        if (into.back().size() > into[longest].size()) longest = into.size() - 1;
      }
      begin = end;
      first_life = last_life;
    }
    const bool has_queues = !old.late.empty() || !old.ready.empty();
    for (std::size_t i = first_heir; i != into.size(); ++i) {
      stretch& heir = into[i];
      if (i == longest && has_queues) {
        heir.late = std::move(old.late);
        heir.ready = std::move(old.ready);
        continue;
      }
      for (std::size_t number = heir.first_life; number != heir.last_life; ++number)
        if (!is_taken_[number]) heir.late.push({lives_[number].push_begin, number});
    }
  }

  std::string explain(const stretch& s) const {
    const life* first = nullptr;
    const life* last = nullptr;
    for (std::size_t number = s.first_life; number != s.last_life; ++number) {
      const life& l = lives_[number];
      if (is_taken_[number]) continue;
      if (l.push_end == points_[s.begin] && (first == nullptr || l.pop_end > first->pop_end)) first = &l;
      if (l.pop_begin == points_[s.end] && (last == nullptr || l.push_begin < last->push_begin)) last = &l;
    }
    return "not last in, first out: from " + describe(*first) + " to " + describe(*last) +
           " something was always there, but no one value can have been at the bottom all that time, under the "
           "others";
  }

  std::vector<life> lives_;     // by the end of their pushes
  std::vector<moment> points_;  // at which a value's certain presence begins or ends, each once
  std::vector<bool> is_taken_;
};

}  // namespace detail

// Describes the fault, if there is one; as find_fifo_fault.
inline std::optional<std::string> find_lifo_fault(std::span<const container_call> calls,
                                                  std::size_t capacity = unbounded, bool is_drained = false) {
  const auto history = detail::put_together(calls, is_drained);
  if (!history) return history.error();
  if (auto fault = detail::bottom_finder(history->lives).find_fault()) return fault;
  if (auto fault = detail::find_false_empty(*history)) return fault;
  return detail::find_false_full(*history, capacity);
}

}  // namespace history
