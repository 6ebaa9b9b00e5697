// SPDX-License-Identifier: MIT
// What threads did to a bounded first-in, first-out queue, and whether such a queue could have done so.
//
// Each thread records its operations in a vector of its own, with the times at which they began and
// ended; nothing is shared between them, so recording hides no race. find_fault() then looks at the
// whole: each answer must have been right at some moment between the two times. Every value is put at
// most once, which makes this a matter of sorting, not of searching.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fifo_history {

using time = std::int64_t;
inline constexpr time never = std::numeric_limits<time>::max();

inline time now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

enum class action {
  pushed,       // value
  popped,       // value
  found_full,   // try_push said full
  found_empty,  // try_pop said empty
  push_closed,  // a push was refused because the queue is closed
  pop_closed,   // a pop said closed and drained
  closed,       // close() itself
};

struct operation {
  action what;
  std::uint64_t value;  // of pushed and popped
  time began;
  time ended;
};

using history = std::vector<operation>;

// A value's producer and its number there, from 0 on.
constexpr std::uint64_t tagged(std::uint64_t producer, std::uint64_t sequence) {
  return producer << 48 | sequence;
}
inline std::string name(std::uint64_t value) {
  return "value " + std::to_string(value & ((std::uint64_t{1} << 48) - 1)) + " of producer " +
         std::to_string(value >> 48);
}

namespace detail {

// When one value was put and taken.
struct life {
  std::uint64_t value = 0;
  time push_began = never;
  time push_ended = never;
  time pop_began = never;
  time pop_ended = never;
};

inline std::string at(const operation& o) {
  return " (from " + std::to_string(o.began) + " to " + std::to_string(o.ended) + ")";
}

// A number that changes at certain moments.
class staircase {
 public:
  void add(time when, int change) { steps_.push_back({when, change}); }

  // From now on a step's height is the number there, no longer the change.
  void build() {
    std::ranges::sort(steps_, {}, &step::when);
    std::vector<step> built;
    int height = 0;
    for (const step& each : steps_) {
      height += each.height;
      if (!built.empty() && built.back().when == each.when) built.pop_back();
      built.push_back({each.when, height});
    }
    steps_ = std::move(built);
  }

  // The largest number at any moment from `from` to `to`.
  int highest(time from, time to) const {
    auto at = std::ranges::upper_bound(steps_, from, {}, &step::when);
    int result = at == steps_.begin() ? 0 : std::prev(at)->height;
    for (; at != steps_.end() && at->when <= to; ++at) result = std::max(result, at->height);
    return result;
  }

 private:
  struct step {
    time when;
    int height;
  };
  std::vector<step> steps_;
};

}  // namespace detail

// What a queue of that capacity cannot have done; nothing if all is well. `drained` says that the history
// ends with an empty queue, so that every value must have come out.
inline std::optional<std::string> find_fault(const history& operations, std::size_t capacity, bool drained) {
  using detail::at;
  using detail::life;

  // Nothing invented, doubled or lost.
  std::unordered_map<std::uint64_t, life> by_value;
  for (const operation& o : operations) {
    if (o.what != action::pushed) continue;
    const bool is_new = by_value.try_emplace(o.value, life{o.value, o.began, o.ended}).second;
    if (!is_new) return name(o.value) + " was pushed twice: the test is wrong";
  }
  for (const operation& o : operations) {
    if (o.what != action::popped) continue;
    const auto found = by_value.find(o.value);
    if (found == by_value.end()) return name(o.value) + " was invented" + at(o);
    if (found->second.pop_began != never) return name(o.value) + " came out twice" + at(o);
    if (o.ended < found->second.push_began) return name(o.value) + " came out before it went in" + at(o);
    found->second.pop_began = o.began;
    found->second.pop_ended = o.ended;
  }
  std::vector<life> lives;
  for (const auto& [value, each] : by_value) lives.push_back(each);
  for (const life& each : lives)
    if (drained && each.pop_ended == never) return name(each.value) + " was lost";

  // First in, first out: if one push ended before another began, the second value's pop must not have ended
  // before the first one's began.
  std::vector<life> by_begin = lives;
  std::vector<life> by_end = lives;
  std::ranges::sort(by_begin, {}, &life::push_began);
  std::ranges::sort(by_end, {}, &life::push_ended);
  const life* latest = nullptr;  // among those whose push has ended, the one whose pop began last
  auto ended = by_end.begin();
  for (const life& each : by_begin) {
    for (; ended != by_end.end() && ended->push_ended < each.push_began; ++ended)
      if (latest == nullptr || ended->pop_began > latest->pop_began) latest = &*ended;
    if (latest != nullptr && each.pop_ended < latest->pop_began)
      return name(each.value) + " overtook " + name(latest->value);
  }

  // Full and empty only when it is true; closed for good.
  detail::staircase at_most;   // how many values the queue may have held, at each moment
  detail::staircase at_least;  // how many it must have held; below, less 1 and turned round
  time close_began = never;
  time close_ended = never;
  for (const operation& o : operations) {
    if (o.what != action::closed) continue;
    close_began = std::min(close_began, o.began);
    close_ended = std::min(close_ended, o.ended);
  }
  time last_pop_began = std::numeric_limits<time>::min();
  for (const life& each : lives) {
    at_most.add(each.push_began, 1);
    if (each.pop_ended != never) at_most.add(each.pop_ended + 1, -1);
    last_pop_began = std::max(last_pop_began, each.pop_began);
    if (each.push_began > close_ended) return name(each.value) + " went into a closed queue";
    // From the end of its push to the beginning of its pop the value was surely in the queue.
    if (each.push_ended >= each.pop_began) continue;
    at_least.add(each.push_ended + 1, -1);
    if (each.pop_began != never) at_least.add(each.pop_began, 1);
  }
  at_most.build();
  at_least.build();
  for (const operation& o : operations) {
    switch (o.what) {
      case action::found_full:
        if (at_most.highest(o.began, o.ended) < static_cast<int>(capacity)) return "full, and was not" + at(o);
        break;
      case action::found_empty:
        if (at_least.highest(o.began, o.ended) < 0) return "empty, and was not" + at(o);
        break;
      case action::push_closed:
        if (o.ended < close_began) return "a push said closed before anybody closed" + at(o);
        break;
      case action::pop_closed:
        if (o.ended < close_began) return "a pop said closed before anybody closed" + at(o);
        if (o.ended < last_pop_began) return "a pop said closed and drained, and there was more" + at(o);
        break;
      default:
        break;
    }
  }
  return std::nullopt;
}

// What one consumer cannot have been given, its operations being in order: a producer's values out of theirs.
inline std::optional<std::string> find_disorder(const history& consumer) {
  std::unordered_map<std::uint64_t, std::uint64_t> last;  // of each producer
  for (const operation& o : consumer) {
    if (o.what != action::popped) continue;
    const auto [before, is_first] = last.try_emplace(o.value >> 48, o.value);
    if (!is_first && before->second >= o.value) return name(o.value) + " came after " + name(before->second);
    before->second = o.value;
  }
  return std::nullopt;
}

}  // namespace fifo_history
