// SPDX-License-Identifier: MIT
// What a cache may answer: a dictionary that forgets keys at any moment, and whose entries expire. It may never
// show a value that was replaced, removed, or has expired, nor one that somebody put under another key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace forgetful {

enum class action : std::uint8_t { get, contains, put, add, replace, set_time, remove, advance };

// What was called, and what it said.
struct call {
  action what;
  std::uint64_t key = 0;
  std::uint64_t value = 0;  // that is put
  std::int64_t time = 0;    // how long it lives; or, for advance, by how much
  bool result = false;      // of all but get
  std::optional<std::uint64_t> found = std::nullopt;
};

inline constexpr std::int64_t endless = std::int64_t{1} << 40;

struct entry {
  std::uint64_t value;
  std::int64_t deadline;
  auto operator<=>(const entry&) const = default;
};

struct state {
  std::map<std::uint64_t, entry> entries = {};
  std::int64_t now = 0;
  auto operator<=>(const state&) const = default;
};

// Applies the call; false if it cannot have said that. Where it says that a key is not there, the cache has
// forgotten it if it was: that is possible at any time. If it has to be exact, what never expires is there. (A
// time to live begins at any moment of the call, so it may end before the next call.)
inline bool apply(state& in, const call& made, bool is_exact) {
  if (made.what == action::advance) {
    in.now += made.time;
    return true;
  }
  const auto at = in.entries.find(made.key);
  const bool is_there = at != in.entries.end() && at->second.deadline > in.now;
  const bool was_limited = at != in.entries.end() && at->second.deadline < endless;
  const auto is_absent = [&] {
    const bool may_be_absent = !is_exact || !is_there || was_limited;
    in.entries.erase(made.key);
    return may_be_absent;
  };
  const auto stores = [&] { in.entries.insert_or_assign(made.key, entry{made.value, in.now + made.time}); };
  switch (made.what) {
    case action::get:
      return made.found ? is_there && at->second.value == *made.found : is_absent();
    case action::contains:
      return made.result ? is_there : is_absent();
    case action::put:
      if (made.result) return stores(), true;
      in.entries.erase(made.key);
      return !is_exact;
    case action::add:
      if (!made.result) return is_there || (in.entries.erase(made.key), !is_exact);
      return stores(), !is_exact || !is_there || was_limited;
    case action::replace:
      return made.result ? stores(), is_there : is_absent();
    case action::set_time:
      if (!made.result) return is_absent();
      if (is_there) at->second.deadline = in.now + made.time;
      return is_there;
    case action::remove:
      if (!made.result) return is_absent();
      in.entries.erase(made.key);
      return is_there;
    case action::advance:
      break;
  }
  return false;
}

}  // namespace forgetful
