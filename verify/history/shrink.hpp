// SPDX-License-Identifier: MIT
// Shrinks a history to a small part that still shows the fault, to be printed by timeline.hpp.
//
// It removes only what leaves a correct history correct, so that what remains is a fault of the structure, not
// of the shrinking: all calls of one value, say, or one call that changed nothing. It removes large parts
// first, then smaller ones, until no single part can be removed (Zeller and Hildebrandt's delta debugging).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <verify/history/call.hpp>
#include <verify/history/container_history.hpp>
#include <verify/history/counter_monitor.hpp>
#include <verify/history/map_monitor.hpp>

namespace history {
namespace detail {

// The parts of a history: calls with the same name are removed or kept together.
class parts {
 public:
  static constexpr std::size_t must_stay = SIZE_MAX;

  // Puts the next call into the part of that name, or into a part of its own.
  void add(std::uint64_t name) {
    const auto [at, is_new] = names_.try_emplace(name, size_);
    if (is_new) ++size_;
    of_.push_back(at->second);
  }
  void add_alone() { of_.push_back(size_++); }
  void add_alone_if(bool may_go) { may_go ? add_alone() : add_fixed(); }
  void add_fixed() { of_.push_back(must_stay); }

  std::size_t size() const { return size_; }
  std::size_t of(std::size_t call_number) const { return of_[call_number]; }

 private:
  std::map<std::uint64_t, std::size_t> names_;
  std::vector<std::size_t> of_;
  std::size_t size_ = 0;
};

template <class Operation, class Fault>
std::vector<call<Operation>> shrink_by(const std::vector<call<Operation>>& calls, const parts& all,
                                       Fault fault) {
  std::vector<bool> is_in(all.size(), true);
  std::vector<std::size_t> left(all.size());
  for (std::size_t i = 0; i != left.size(); ++i) left[i] = i;
  const auto what_is_in = [&] {
    std::vector<call<Operation>> result;
    for (std::size_t i = 0; i != calls.size(); ++i)
      if (all.of(i) == parts::must_stay || is_in[all.of(i)]) result.push_back(calls[i]);
    return result;
  };
  const auto set = [&](std::size_t from, std::size_t to, bool in) {
    for (std::size_t i = from; i != to; ++i) is_in[left[i]] = in;
  };
  for (std::size_t chunk = left.size(); chunk != 0;) {
    bool has_shrunk = false;
    for (std::size_t from = 0; from < left.size();) {
      const std::size_t to = std::min(from + chunk, left.size());
      set(from, to, false);
      if (fault(what_is_in())) {
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(from),
                   left.begin() + static_cast<std::ptrdiff_t>(to));
        has_shrunk = true;
      } else {
        set(from, to, true);
        from = to;
      }
    }
    if (chunk > 1 || !has_shrunk) chunk /= 2;
  }
  return what_is_in();
}

// Repeated until nothing more can be removed, with new parts of the calls that are left.
template <class Operation, class PartsOf, class Fault>
void shrink_on(std::vector<call<Operation>>& calls, PartsOf parts_of, Fault fault) {
  for (std::size_t before = calls.size() + 1; calls.size() != before;) {
    before = calls.size();
    calls = shrink_by(calls, parts_of(calls), fault);
  }
}

inline bool says_closed(const container_call& c) {
  return c.operation.what == container_action::push_closed || c.operation.what == container_action::pop_closed;
}

// The push and pop of a value are a part, unless removing it would make an answer "full" false; a close stays
// if a call that is left returned closed.
inline parts parts_of(const std::vector<container_call>& calls) {
  using enum container_action;
  const bool is_close_told = std::ranges::any_of(calls, says_closed);
  std::map<std::uint64_t, refusal> lives;
  for (const container_call& c : calls) {
    if (c.operation.what != pushed && c.operation.what != popped) continue;
    const auto at = lives.try_emplace(c.operation.value, never, 0).first;
    at->second.begin = std::min(at->second.begin, c.begin);
    if (c.operation.what == pushed && at->second.end == 0) at->second.end = never;
    if (c.operation.what == popped) at->second.end = c.end;
  }
  std::vector<const container_call*> fulls;
  for (const container_call& c : calls)
    if (c.operation.what == found_full) fulls.push_back(&c);
  parts result;
  for (const container_call& c : calls) {
    if (c.operation.what == pushed || c.operation.what == popped) {
      const refusal& life = lives.at(c.operation.value);
      const bool may_count = std::ranges::any_of(fulls, [&](const container_call* full) {
        return life.begin <= full->end && full->begin <= life.end;
      });
      if (may_count)
        result.add_fixed();
      else
        result.add(c.operation.value);
    } else {
      result.add_alone_if(c.operation.what != closed || !is_close_told);
    }
  }
  return result;
}

inline bool only_looks(map_action what) {
  using enum map_action;
  return what == not_inserted || what == not_erased || what == found || what == not_found;
}

// On a key with only puts and lookups, each value is a part. On keys without puts, it is known when the key was
// absent with no call under way: the calls from one such moment to the next are a round, and each round is a
// part. `calls` are sorted by key, then by begin.
inline parts rounds_of(const std::vector<map_call>& calls) {
  using enum map_action;
  parts result;
  for (std::size_t first = 0; first != calls.size();) {
    const std::uint64_t key = calls[first].operation.key;
    bool has_puts = false;
    bool has_others = false;
    std::size_t last = first;
    for (; last != calls.size() && calls[last].operation.key == key; ++last) {
      const map_action what = calls[last].operation.what;
      has_puts = has_puts || what == put;
      has_others = has_others || (what != put && what != found && what != not_found);
    }
    moment latest_end = 0;
    int present = 0;
    std::uint64_t round = first;
    for (std::size_t i = first; i != last; ++i) {
      const auto& [what, of_key, value] = calls[i].operation;
      if (present == 0 && latest_end < calls[i].begin) round = i;
      latest_end = std::max(latest_end, calls[i].end);
      present += what == inserted ? 1 : what == erased ? -1 : 0;
      if (!has_puts)
        result.add(round);
      else if (has_others)
        result.add_alone_if(only_looks(what));
      else if (what == not_found)
        result.add_alone();
      else
        result.add(calls.size() + value);
    }
    first = last;
  }
  return result;
}

}  // namespace detail

// Each of these returns the calls that are left, for which fault(calls), a monitor's judgement, is still true.
template <class Fault>
std::vector<container_call> shrink(std::vector<container_call> calls, Fault fault) {
  // The refusals first, because each "full" that is left keeps many values from being removed.
  detail::parts refusals;
  for (const container_call& c : calls)
    refusals.add_alone_if(c.operation.what > container_action::popped &&
                          c.operation.what < container_action::closed);
  calls = detail::shrink_by(calls, refusals, fault);
  detail::shrink_on(calls, detail::parts_of, fault);
  return calls;
}

template <class Fault>
std::vector<map_call> shrink(std::vector<map_call> calls, Fault fault) {
  std::ranges::sort(calls, {}, [](const map_call& c) { return std::tuple(c.operation.key, c.begin, c.end); });
  detail::parts keys;
  for (const map_call& c : calls) keys.add(c.operation.key);
  calls = detail::shrink_by(calls, keys, fault);
  detail::shrink_on(calls, detail::rounds_of, fault);
  detail::parts looks;
  for (const map_call& c : calls) looks.add_alone_if(detail::only_looks(c.operation.what));
  calls = detail::shrink_by(calls, looks, fault);
  detail::shrink_on(calls, detail::rounds_of, fault);
  return calls;
}

// Adds stay if a read that is left can have seen them.
template <class Fault>
std::vector<counter_call> shrink(std::vector<counter_call> calls, Fault fault) {
  using enum counter_action;
  detail::parts reads;
  for (const counter_call& c : calls) reads.add_alone_if(c.operation.what == read);
  calls = detail::shrink_by(calls, reads, fault);
  moment last_seen = 0;
  for (const counter_call& c : calls)
    if (c.operation.what != added) last_seen = std::max(last_seen, c.end);
  std::erase_if(calls, [&](const counter_call& c) { return c.begin > last_seen; });
  return calls;
}

}  // namespace history
