// SPDX-License-Identifier: MIT
// The history of a container with push and pop, in the form that the monitors of queues, stacks and priority
// queues use: the life of each value.
//
// Each value is pushed at most once. Everything that does not depend on the order of the values is judged here:
// values that are lost, invented or duplicated, closing, and the result empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>
#include <verify/history/coverage.hpp>

namespace history {

enum class container_action : std::uint8_t {
  pushed,       // value
  popped,       // value
  found_full,   // a push was refused: no room
  found_empty,  // a pop was refused: nothing there
  push_closed,  // a push was refused: closed
  pop_closed,   // a pop was refused: closed and drained
  closed,       // close() itself
};

struct container_operation {
  container_action what;
  std::uint64_t value = 0;  // of pushed and popped

  friend bool operator==(const container_operation&, const container_operation&) = default;
};

using container_call = call<container_operation>;

inline constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();  // a capacity

// A value that names its producer and its place in the producer's sequence.
constexpr std::uint64_t tagged(std::uint64_t producer, std::uint64_t sequence) {
  return producer << 48 | sequence;
}

// 3.7 is producer 3's 7th.
inline std::string name_of(std::uint64_t value) {
  const std::uint64_t producer = value >> 48;
  const std::string sequence = std::to_string(value & ((std::uint64_t{1} << 48) - 1));
  return producer == 0 ? sequence : std::to_string(producer) + "." + sequence;
}

inline std::string interval(moment begin, moment end) {
  std::string result(1, '[');
  return result.append(std::to_string(begin)).append(", ").append(std::to_string(end)).append(1, ']');
}

inline std::string describe(const container_operation& operation) {
  switch (operation.what) {
    case container_action::pushed:
      return "push " + name_of(operation.value);
    case container_action::popped:
      return "pop " + name_of(operation.value);
    case container_action::found_full:
      return "push: full";
    case container_action::found_empty:
      return "pop: empty";
    case container_action::push_closed:
      return "push: closed";
    case container_action::pop_closed:
      return "pop: closed and drained";
    case container_action::closed:
      return "close";
  }
  return "?";
}

// When a value was pushed and popped; one that is still there is popped at `never`.
struct life {
  std::uint64_t value;
  moment push_begin;
  moment push_end;
  moment pop_begin = never;
  moment pop_end = never;

  // Between these two it was certainly there, if the first is before the second.
  moment surely_after() const { return push_end; }
  moment surely_before() const { return pop_begin; }
};

inline std::string describe(const life& l) {
  return "value " + name_of(l.value) + " (push " + interval(l.push_begin, l.push_end) + ", " +
         (l.pop_begin == never ? "never popped)" : "pop " + interval(l.pop_begin, l.pop_end) + ")");
}

// A refused call, between the moments at which it can have been refused.
struct refusal {
  moment begin;
  moment end;
};

struct container_history {
  std::vector<life> lives;  // by value
  std::vector<refusal> fulls;
  std::vector<refusal> empties;
};

namespace detail {

// What the calls say of closing.
struct closing {
  const container_call* first = nullptr;    // by its end, of those that closed or returned closed
  const container_call* drained = nullptr;  // by its end, of the pops that returned closed
  moment begin = never;                     // of the first call that closed

  moment end() const { return first == nullptr ? never : first->end; }
};

inline closing closing_of(std::span<const container_call> calls) {
  using enum container_action;
  closing found;
  const auto ends_before = [](const container_call& c, const container_call* other) {
    return other == nullptr || c.end < other->end;
  };
  for (const container_call& c : calls) {
    const auto what = c.operation.what;
    if (what == closed) found.begin = std::min(found.begin, c.begin);
    if ((what == closed || what == push_closed || what == pop_closed) && ends_before(c, found.first))
      found.first = &c;
    if (what == pop_closed && ends_before(c, found.drained)) found.drained = &c;
  }
  return found;
}

// Tells each of `lives` when it was popped. Returns what is wrong, if anything is.
inline std::optional<std::string> add_pops(std::vector<life>& lives, std::vector<life> pops, bool is_drained) {
  std::ranges::sort(lives, {}, &life::value);
  std::ranges::sort(pops, {}, &life::value);
  auto next = pops.begin();
  const auto without_push = [](const life& pop) {
    return "value " + name_of(pop.value) + " was popped " + interval(pop.pop_begin, pop.pop_end) +
           " and never pushed";
  };
  for (auto at = lives.begin(); at != lives.end(); ++at) {
    if (const auto second = std::next(at); second != lives.end() && second->value == at->value)
      return "value " + name_of(at->value) + " was pushed twice: the test is wrong";
    if (next != pops.end() && next->value < at->value) return without_push(*next);
    if (next == pops.end() || next->value != at->value) {
      if (is_drained) return describe(*at) + " was lost";
      continue;
    }
    at->pop_begin = next->pop_begin;
    at->pop_end = next->pop_end;
    if (at->pop_end < at->push_begin) return describe(*at) + " came out before it went in";
    ++next;
    if (next != pops.end() && next->value == at->value)
      return describe(*at) + " was popped again " + interval(next->pop_begin, next->pop_end);
  }
  if (next != pops.end()) return without_push(*next);
  return std::nullopt;
}

// The history by value, or what is wrong with it.
//
// Closing takes effect at one moment, which may be assumed to be the last possible one: the end of the first
// call that closed or returned closed. No push took effect later, and no call found the container merely full
// or empty later. So closing is removed from the history by ending the other calls there; an earlier moment
// would only shorten more of them. A call that returned closed and drained may be assumed to have taken effect
// at its end, because a container that is drained after closing stays so.
inline std::expected<container_history, std::string> put_together(std::span<const container_call> calls,
                                                                  bool is_drained) {
  using enum container_action;
  const closing close = closing_of(calls);
  if (close.first != nullptr && close.end() < close.begin)
    return std::unexpected(describe(close.first->operation) + " " + interval(close.first->begin, close.end()) +
                           " was said before anybody closed");
  container_history result;
  std::vector<life> pops;
  for (const container_call& c : calls) {
    const moment end = std::min(c.end, close.end());
    switch (c.operation.what) {
      case pushed:
        result.lives.push_back({c.operation.value, c.begin, end});
        break;
      case popped:
        pops.push_back({c.operation.value, 0, 0, c.begin, c.end});
        continue;
      case found_full:
        result.fulls.push_back({c.begin, end});
        break;
      case found_empty:
        result.empties.push_back({c.begin, end});
        break;
      default:
        continue;
    }
    if (c.begin > close.end())
      return std::unexpected(describe(c.operation) + " " + interval(c.begin, c.end) +
                             " came after the container was closed, at " + std::to_string(close.end()));
  }
  if (auto fault = add_pops(result.lives, std::move(pops), is_drained))
    return std::unexpected(*std::move(fault));
  if (close.drained != nullptr)
    for (const life& l : result.lives)
      if (l.pop_begin > close.drained->end)
        return std::unexpected(describe(close.drained->operation) + " " +
                               interval(close.drained->begin, close.drained->end) +
                               " is not true: there was more, " + describe(l));
  return result;
}

// Some values of which at least one was there at every moment of the refusal.
inline std::string chain(std::span<const life> lives, const refusal& empty) {
  std::string result;
  moment at = empty.begin;
  for (int links = 0; at <= empty.end; ++links) {
    if (links == 5) return result + ", and so on";
    const life* longest = nullptr;
    for (const life& l : lives)
      if (l.surely_after() < at && (longest == nullptr || l.surely_before() > longest->surely_before()))
        longest = &l;
    result += (links == 0 ? "" : ", then ") + describe(*longest);
    at = longest->surely_before();
  }
  return result;
}

// An answer "empty" is right if and only if at some moment of the call no value was certainly there: each
// value's calls can then be moved to one side of that moment without changing the order of the calls on either
// side. That holds for every container whose history stays legal when a value is removed from it.
inline std::optional<std::string> find_false_empty(const container_history& history) {
  if (history.empties.empty()) return std::nullopt;
  coverage filled;
  for (const life& l : history.lives) filled.add(l.surely_after(), l.surely_before());
  for (const refusal& empty : history.empties)
    if (filled.covers(empty.begin, empty.end))
      return "pop: empty " + interval(empty.begin, empty.end) + " is not true: there was always something, " +
             chain(history.lives, empty);
  return std::nullopt;
}

}  // namespace detail
}  // namespace history
