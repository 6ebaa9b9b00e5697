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

  // Of the execution that was chosen.
  relation sequenced() const;
  relation modification() const;
  relation reads_from() const;
  relation overwritten(const relation& modification) const;
  bool synchronizes(std::size_t a, std::size_t b, const relation& sequenced) const;
  relation synchronized(const relation& sequenced) const;
  relation strongly_happens(const relation& sequenced, const relation& synchronized,
                            const relation& happens) const;
  relation before_in_s(const relation& coherent, const relation& happens, const relation& strongly) const;
  reach reach_of(const relation& sequenced, const relation& reads_from, const relation& modification) const;
  outcome seen() const;

  static constexpr set only(std::size_t event) { return set{1} << event; }
  static bool has(const relation& of, std::size_t first, std::size_t second) {
    return (of[first] >> second & 1) != 0;
  }
  relation closed(relation of) const;
  relation united(const relation& a, const relation& b) const;
  relation composed(const relation& a, const relation& b) const;
  bool has_cycle(const relation& of) const;

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

inline enumeration::relation enumeration::closed(relation of) const {
  for (std::size_t via = 0; via != events_.size(); ++via)
    for (std::size_t i = 0; i != events_.size(); ++i)
      if (has(of, i, via)) of[i] |= of[via];
  return of;
}

inline enumeration::relation enumeration::united(const relation& a, const relation& b) const {
  relation result{};
  for (std::size_t i = 0; i != events_.size(); ++i) result[i] = a[i] | b[i];
  return result;
}

inline enumeration::relation enumeration::composed(const relation& a, const relation& b) const {
  relation result{};
  for (std::size_t i = 0; i != events_.size(); ++i)
    for (std::size_t j = 0; j != events_.size(); ++j)
      if (has(a, i, j)) result[i] |= b[j];
  return result;
}

inline bool enumeration::has_cycle(const relation& of) const {
  const relation all = closed(of);
  for (std::size_t i = 0; i != events_.size(); ++i)
    if (has(all, i, i)) return true;
  return false;
}

// Sequenced before; and the first values before every thread.
inline enumeration::relation enumeration::sequenced() const {
  relation result{};
  for (std::size_t i = 0; i != events_.size(); ++i)
    for (std::size_t j = i + 1; j != events_.size(); ++j)
      if (events_[j].made != nullptr && (events_[i].made == nullptr || events_[i].thread == events_[j].thread))
        result[i] |= only(j);
  return result;
}

inline enumeration::relation enumeration::modification() const {
  relation result{};
  for (const auto& writes : modified_)
    for (std::size_t i = 0; i != writes.size(); ++i)
      for (std::size_t j = i + 1; j != writes.size(); ++j) result[writes[i]] |= only(writes[j]);
  return result;
}

inline enumeration::relation enumeration::reads_from() const {
  relation result{};
  for (std::size_t i = 0; i != events_.size(); ++i)
    if (events_[i].from != nothing) result[static_cast<std::size_t>(events_[i].from)] |= only(i);
  return result;
}

// From each read to what overwrites its value.
inline enumeration::relation enumeration::overwritten(const relation& modification) const {
  relation result{};
  for (std::size_t i = 0; i != events_.size(); ++i)
    if (events_[i].from != nothing)
      result[i] = modification[static_cast<std::size_t>(events_[i].from)] & ~only(i);
  return result;
}

// [intro.races]/6, [atomics.fences]/2-4: a release is an operation, or a fence with a later write; an acquire
// is an operation, or a fence with an earlier read.
inline bool enumeration::synchronizes(std::size_t a, std::size_t b, const relation& sequenced) const {
  if (!events_[a].releases() || !events_[b].acquires() || events_[a].thread == events_[b].thread) return false;
  for (std::size_t x = 0; x != events_.size(); ++x) {
    const bool writes_for = events_[a].is_fence() ? has(sequenced, a, x) : x == a;
    if (!writes_for || !events_[x].writes) continue;
    for (std::size_t y = 0; y != events_.size(); ++y) {
      const bool reads_for = events_[b].is_fence() ? has(sequenced, y, b) : y == b;
      if (reads_for && events_[y].reads && reads_of(x, y)) return true;
    }
  }
  return false;
}

inline enumeration::relation enumeration::synchronized(const relation& sequenced) const {
  relation result{};
  for (std::size_t a = 0; a != events_.size(); ++a)
    for (std::size_t b = 0; b != events_.size(); ++b)
      if (synchronizes(a, b, sequenced)) result[a] |= only(b);
  return result;
}

// [intro.races]/12.
inline enumeration::relation enumeration::strongly_happens(const relation& sequenced,
                                                           const relation& synchronized,
                                                           const relation& happens) const {
  relation result = united(composed(composed(sequenced, happens), sequenced), sequenced);
  for (std::size_t i = 0; i != events_.size(); ++i)
    for (std::size_t j = 0; j != events_.size(); ++j)
      if (has(synchronized, i, j) && events_[i].is_seq_cst() && events_[j].is_seq_cst()) result[i] |= only(j);
  return closed(result);
}

// [atomics.order]/4: what has to be before what in the order S of the seq_cst operations.
inline enumeration::relation enumeration::before_in_s(const relation& coherent, const relation& happens,
                                                      const relation& strongly) const {
  relation result{};
  for (std::size_t a = 0; a != events_.size(); ++a)
    for (std::size_t b = 0; b != events_.size(); ++b) {
      if (events_[a].is_seq_cst() && events_[b].is_seq_cst() && has(strongly, a, b)) result[a] |= only(b);
      if (!has(coherent, a, b)) continue;
      set first = events_[a].is_seq_cst() ? only(a) : 0, second = events_[b].is_seq_cst() ? only(b) : 0;
      for (std::size_t x = 0; x != events_.size(); ++x) {
        if (!events_[x].is_fence() || !events_[x].is_seq_cst()) continue;
        if (has(happens, x, a)) first |= only(x);
        if (has(happens, b, x)) second |= only(x);
      }
      for (std::size_t x = 0; x != events_.size(); ++x)
        if ((first >> x & 1) != 0) result[x] |= second;
    }
  return result;
}

inline reach enumeration::reach_of(const relation& sequenced, const relation& reads_from,
                                   const relation& modification) const {
  const relation executed = united(sequenced, reads_from);
  if (has_cycle(executed)) return reach::loads_early;
  return has_cycle(united(executed, modification)) ? reach::stores_late : reach::in_order;
}

inline outcome enumeration::seen() const {
  outcome_builder result;
  for (const event& each : events_) {
    if (each.made == nullptr) continue;
    if (each.made->kind == kind::compare_exchange) result.add(each.writes);
    if (each.reads) result.add(events_[static_cast<std::size_t>(each.from)].value);
  }
  for (const auto& writes : modified_) result.add(events_[writes.back()].value);
  return result.done();
}

inline void enumeration::judge() {
  const relation sequence = sequenced(), modifies = modification(), reads = reads_from();
  const relation synchronization = synchronized(sequence);
  // [intro.races]/9-11: without consume, happens before is simply happens before.
  const relation happens = closed(united(sequence, synchronization));
  // [atomics.order]/3: coherence-ordered before. [intro.races]/15-18: it never contradicts happens before.
  const relation coherent = closed(united(united(reads, modifies), overwritten(modifies)));
  for (std::size_t i = 0; i != events_.size(); ++i) {
    if (has(happens, i, i) || has(coherent, i, i)) return;
    for (std::size_t j = 0; j != events_.size(); ++j)
      if (has(coherent, i, j) && has(happens, j, i)) return;
  }
  // [atomics.order]/4: there is some total order S.
  const relation strongly = strongly_happens(sequence, synchronization, happens);
  if (has_cycle(before_in_s(coherent, happens, strongly))) return;

  const reach how = reach_of(sequence, reads, modifies);
  const auto [known, is_new] = outcomes_.try_emplace(seen(), how);
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
