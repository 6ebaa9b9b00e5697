// SPDX-License-Identifier: MIT
// The memory model of C++20 as the standard states it: all executions of a small program that its axioms allow,
// found by trying every choice of what is read and in which order each atomic is modified. It shares nothing
// with verify/, which executes programs step by step, so each can check the other.
//
// Comments name the paragraphs of N4861 (C++20).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace axioms {

enum class order : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };
enum class kind : std::uint8_t { load, store, exchange, compare_exchange, fence };

// One operation. Atomics begin as 0, and no two operations write the same value.
struct operation {
  axioms::kind kind;
  std::uint8_t location = 0;
  axioms::order order = order::relaxed;
  std::uint8_t value = 0;                  // stored, if it stores
  std::uint8_t expected = 0;               // of a compare-exchange
  axioms::order failure = order::relaxed;  // of a compare-exchange
  bool weak = false;                       // a compare-exchange that may fail spuriously
};

struct program {
  std::size_t locations = 1;
  std::vector<std::vector<operation>> threads;
};

std::string describe(const program& of);

// The outcome of an execution: the values read, by thread and operation (with whether a compare-exchange
// succeeded), and the last value of each atomic. Four bits each.
using outcome = std::uint64_t;

class outcome_builder {
 public:
  void add(unsigned value) { bits_ = bits_ << 4 | value; }
  outcome done() const { return bits_; }

 private:
  outcome bits_ = 1;
};

// Whether the checker can show an outcome.
enum class reach : std::uint8_t {
  in_order,     // in some execution, program order, reads-from and modification order have no cycle
  stores_late,  // only against the modification order: 2+2W, S
  loads_early,  // only by a load that reads what is stored after it in every order: load buffering
};

// Every outcome that the standard allows, and whether the checker can show it.
class enumeration {
 public:
  explicit enumeration(const program& of);

  const std::map<outcome, reach>& outcomes() const { return outcomes_; }

 private:
  static constexpr std::size_t most_events = 16;
  static constexpr int nothing = -1;

  using set = std::uint32_t;                      // of events
  using relation = std::array<set, most_events>;  // for each event, those that it precedes

  struct event {
    const operation* made;  // null: the first value of an atomic
    unsigned thread;
    bool reads;
    bool writes;
    axioms::order order;
    std::uint8_t location;
    std::uint8_t value;  // written
    int from = nothing;  // the event whose value it reads

    bool is_fence() const { return made != nullptr && made->kind == kind::fence; }
    bool is_seq_cst() const { return made != nullptr && order == order::seq_cst; }
    bool acquires() const {
      return (reads || is_fence()) && (order == order::acquire || order == order::acq_rel || is_seq_cst());
    }
    bool releases() const {
      return made != nullptr && (writes || is_fence()) &&
             (order == order::release || order == order::acq_rel || is_seq_cst());
    }
  };

  void choose_success(std::size_t at);
  void choose_modification_order(std::size_t location);
  void choose_values(std::size_t at);
  void judge();

  bool reads_of(std::size_t release_head, std::size_t reader) const;
  static void close(relation& of, std::size_t events);
  static relation composed(const relation& a, const relation& b, std::size_t events);
  static bool has_cycle(const relation& of, std::size_t events);

  std::vector<event> events_;
  std::vector<std::vector<std::uint8_t>> modified_;  // of each atomic, its writes in modification order
  std::array<std::size_t, most_events> place_{};     // of a write in that order
  std::size_t locations_;
  std::map<outcome, reach> outcomes_;
};

inline enumeration::enumeration(const program& of) : locations_(of.locations) {
  // The first values come before every thread: the threads are started after the atomics are made.
  for (std::uint8_t location = 0; location != of.locations; ++location)
    events_.push_back({nullptr, 0, false, true, order::relaxed, location, 0});
  for (unsigned thread = 0; thread != of.threads.size(); ++thread)
    for (const operation& made : of.threads[thread]) {
      const bool loads = made.kind == kind::load || made.kind == kind::exchange;
      const bool stores = made.kind == kind::store || made.kind == kind::exchange;
      events_.push_back({&made, thread + 1, loads, stores, made.order, made.location, made.value});
    }
  choose_success(0);
}

inline void enumeration::choose_success(std::size_t at) {
  while (at != events_.size() &&
         (events_[at].made == nullptr || events_[at].made->kind != kind::compare_exchange))
    ++at;
  if (at == events_.size()) {
    modified_.assign(locations_, {});
    for (std::size_t i = 0; i != events_.size(); ++i)
      if (events_[i].writes) modified_[events_[i].location].push_back(static_cast<std::uint8_t>(i));
    choose_modification_order(0);
    return;
  }
  event& exchange = events_[at];
  exchange.reads = true;
  exchange.writes = true;
  exchange.order = exchange.made->order;
  choose_success(at + 1);
  exchange.writes = false;  // [atomics.types.operations]/23: a failed one is a load
  exchange.order = exchange.made->failure;
  choose_success(at + 1);
}

// [intro.races]/4: all modifications of an atomic occur in some total order, here every one of them. The
// first value stands first.
inline void enumeration::choose_modification_order(std::size_t location) {
  if (location == locations_) {
    for (const auto& writes : modified_)
      for (std::size_t i = 0; i != writes.size(); ++i) place_[writes[i]] = i;
    choose_values(0);
    return;
  }
  auto& writes = modified_[location];
  std::sort(writes.begin(), writes.end());
  do {
    choose_modification_order(location + 1);
  } while (std::next_permutation(writes.begin() + 1, writes.end()));
}

inline void enumeration::choose_values(std::size_t at) {
  while (at != events_.size() && !events_[at].reads) ++at;
  if (at == events_.size()) return judge();
  event& reader = events_[at];
  const auto& writes = modified_[reader.location];
  const auto fits = [&](std::uint8_t from) {
    if (reader.made->kind != kind::compare_exchange) return true;
    const bool equal = events_[from].value == reader.made->expected;
    return reader.writes ? equal : !equal || reader.made->weak;
  };
  if (reader.writes) {
    // [atomics.order]/10: a read-modify-write reads the value before its own.
    const std::uint8_t from = writes[place_[at] - 1];
    if (!fits(from)) return;
    reader.from = from;
    choose_values(at + 1);
  } else {
    for (const std::uint8_t from : writes) {
      if (!fits(from)) continue;
      reader.from = from;
      choose_values(at + 1);
    }
  }
  reader.from = nothing;
}

// Whether `reader` reads from the release sequence headed by that write, or the one that it would head as a
// release. [intro.races]/5: the write, and the read-modify-writes that follow it without a gap.
inline bool enumeration::reads_of(std::size_t head, std::size_t reader) const {
  if (events_[reader].from == nothing || events_[head].location != events_[reader].location) return false;
  const auto& writes = modified_[events_[head].location];
  for (std::size_t i = place_[head]; i != writes.size(); ++i) {
    if (i != place_[head] && !events_[writes[i]].reads) return false;
    if (writes[i] == events_[reader].from) return true;
  }
  return false;
}

inline void enumeration::close(relation& of, std::size_t events) {
  for (std::size_t via = 0; via != events; ++via)
    for (std::size_t i = 0; i != events; ++i)
      if ((of[i] >> via & 1) != 0) of[i] |= of[via];
}

inline enumeration::relation enumeration::composed(const relation& a, const relation& b, std::size_t events) {
  relation result{};
  for (std::size_t i = 0; i != events; ++i)
    for (std::size_t j = 0; j != events; ++j)
      if ((a[i] >> j & 1) != 0) result[i] |= b[j];
  return result;
}

inline bool enumeration::has_cycle(const relation& of, std::size_t events) {
  relation closed = of;
  close(closed, events);
  for (std::size_t i = 0; i != events; ++i)
    if ((closed[i] >> i & 1) != 0) return true;
  return false;
}

inline void enumeration::judge() {
  const std::size_t count = events_.size();
  const auto bit = [](std::size_t i) { return set{1} << i; };

  relation sequenced{};  // sequenced before; and the first values before every thread
  for (std::size_t i = 0; i != count; ++i)
    for (std::size_t j = i + 1; j != count; ++j)
      if (events_[j].made != nullptr && (events_[i].made == nullptr || events_[i].thread == events_[j].thread))
        sequenced[i] |= bit(j);

  // Reads from, modification order, and from each read to what overwrites its value.
  relation reads_from{}, modification{}, overwritten{};
  for (const auto& writes : modified_)
    for (std::size_t i = 0; i != writes.size(); ++i)
      for (std::size_t j = i + 1; j != writes.size(); ++j) modification[writes[i]] |= bit(writes[j]);
  for (std::size_t i = 0; i != count; ++i) {
    if (events_[i].from == nothing) continue;
    const auto from = static_cast<std::size_t>(events_[i].from);
    reads_from[from] |= bit(i);
    overwritten[i] = modification[from] & ~bit(i);
  }

  // [intro.races]/6, [atomics.fences]/2-4: synchronizes with. A release is an operation, or a fence with a
  // later write; an acquire is an operation, or a fence with an earlier read.
  relation synchronizes{};
  for (std::size_t a = 0; a != count; ++a) {
    if (!events_[a].releases()) continue;
    for (std::size_t b = 0; b != count; ++b) {
      if (!events_[b].acquires() || events_[a].thread == events_[b].thread) continue;
      bool meets = false;
      for (std::size_t x = 0; x != count && !meets; ++x) {
        const bool writes_for = events_[a].is_fence() ? (sequenced[a] >> x & 1) != 0 : x == a;
        if (!writes_for || !events_[x].writes) continue;
        for (std::size_t y = 0; y != count && !meets; ++y) {
          const bool reads_for = events_[b].is_fence() ? (sequenced[y] >> b & 1) != 0 : y == b;
          meets = reads_for && events_[y].reads && reads_of(x, y);
        }
      }
      if (meets) synchronizes[a] |= bit(b);
    }
  }

  // [intro.races]/9-11: without consume, happens before is simply happens before.
  relation happens{};
  for (std::size_t i = 0; i != count; ++i) happens[i] = sequenced[i] | synchronizes[i];
  close(happens, count);
  for (std::size_t i = 0; i != count; ++i)
    if ((happens[i] >> i & 1) != 0) return;

  // [atomics.order]/3: coherence-ordered before.
  relation coherent{};
  for (std::size_t i = 0; i != count; ++i) coherent[i] = reads_from[i] | modification[i] | overwritten[i];
  close(coherent, count);
  // [intro.races]/15-18: coherence never contradicts happens before.
  for (std::size_t i = 0; i != count; ++i) {
    if ((coherent[i] >> i & 1) != 0) return;
    for (std::size_t j = 0; j != count; ++j)
      if ((coherent[i] >> j & 1) != 0 && (happens[j] >> i & 1) != 0) return;
  }

  // [intro.races]/12: strongly happens before.
  relation strongly = composed(composed(sequenced, happens, count), sequenced, count);
  for (std::size_t i = 0; i != count; ++i) {
    strongly[i] |= sequenced[i];
    for (std::size_t j = 0; j != count; ++j)
      if ((synchronizes[i] >> j & 1) != 0 && events_[i].is_seq_cst() && events_[j].is_seq_cst())
        strongly[i] |= bit(j);
  }
  close(strongly, count);

  // [atomics.order]/4: some total order S of the seq_cst operations must be consistent with these.
  relation before_in_s{};
  for (std::size_t a = 0; a != count; ++a)
    for (std::size_t b = 0; b != count; ++b) {
      if (events_[a].is_seq_cst() && events_[b].is_seq_cst() && (strongly[a] >> b & 1) != 0)
        before_in_s[a] |= bit(b);
      if ((coherent[a] >> b & 1) == 0) continue;
      set first = events_[a].is_seq_cst() ? bit(a) : 0, second = events_[b].is_seq_cst() ? bit(b) : 0;
      for (std::size_t x = 0; x != count; ++x) {
        if (!events_[x].is_fence() || !events_[x].is_seq_cst()) continue;
        if ((happens[x] >> a & 1) != 0) first |= bit(x);
        if ((happens[b] >> x & 1) != 0) second |= bit(x);
      }
      for (std::size_t x = 0; x != count; ++x)
        if ((first >> x & 1) != 0) before_in_s[x] |= second;
    }
  if (has_cycle(before_in_s, count)) return;

  relation executed{};
  for (std::size_t i = 0; i != count; ++i) executed[i] = sequenced[i] | reads_from[i];
  reach how = has_cycle(executed, count) ? reach::loads_early : reach::in_order;
  if (how == reach::in_order) {
    for (std::size_t i = 0; i != count; ++i) executed[i] |= modification[i];
    if (has_cycle(executed, count)) how = reach::stores_late;
  }

  outcome_builder result;
  for (const event& each : events_) {
    if (each.made == nullptr) continue;
    if (each.made->kind == kind::compare_exchange) result.add(each.writes);
    if (each.reads) result.add(events_[static_cast<std::size_t>(each.from)].value);
  }
  for (const auto& writes : modified_) result.add(events_[writes.back()].value);
  const auto [known, is_new] = outcomes_.try_emplace(result.done(), how);
  if (!is_new) known->second = std::min(known->second, how);
}

inline std::string describe(const program& of) {
  static constexpr const char* orders[] = {"rlx", "acq", "rel", "acq_rel", "sc"};
  std::string text;
  for (std::size_t thread = 0; thread != of.threads.size(); ++thread) {
    text += thread == 0 ? "" : "  ||  ";
    for (const operation& each : of.threads[thread]) {
      const std::string name(1, static_cast<char>('x' + each.location));
      const std::string how = orders[static_cast<std::size_t>(each.order)];
      const std::string value = std::to_string(each.value);
      if (&each != &of.threads[thread].front()) text += "; ";
      switch (each.kind) {
        case kind::load:
          text += "R(" + name + ")." + how;
          break;
        case kind::store:
          text += "W(" + name + "=" + value + ")." + how;
          break;
        case kind::exchange:
          text += "X(" + name + "=" + value + ")." + how;
          break;
        case kind::compare_exchange:
          text += std::string(each.weak ? "CASw(" : "CAS(") + name + " " + std::to_string(each.expected) +
                  "->" + value + ")." + how + "/" + orders[static_cast<std::size_t>(each.failure)];
          break;
        case kind::fence:
          text += "F." + how;
          break;
      }
    }
  }
  return text;
}

}  // namespace axioms
