// SPDX-License-Identifier: MIT
// Which class of lock was taken under which: a graph without cycles, and the edges that would close one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <plait/detail/lock/order_finding.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// An edge leads from a class of locks to one that was taken while a lock of the first was held. Edges that
// close no cycle are in the graph; one that would is set aside, with what is known about it, since whether it
// is worth a report may turn out later. The user of a graph has a lock around it.
//
// The nodes are kept in a topological order, which an edge that agrees with it does not change; for one that
// does not, only the nodes between its ends are looked at (D. Pearce and P. Kelly, A dynamic topological sort
// algorithm for directed acyclic graphs, ACM JEA 11, 2007).
class order_graph {
 public:
  using number = std::uint64_t;  // of a class; never used again

  // Who was seen taking one lock under another.
  struct sighting {
    std::uint64_t thread = 0;  // never used again
    lock_place place = {};
    // The other locks held, sorted: they keep apart threads that hold one of them.
    std::vector<number> gates = {};
  };

  struct edge {
    number from = 0;
    number to = 0;
    sighting first = {};  // but the gates: those that were held each time
    bool has_many_threads = false;
    bool is_reported = false;  // of those set aside
  };

  enum class result {
    known,    // as it was
    changed,  // known, but not from this thread, or not without some gate; or others are no longer set aside
    added,
    closes_a_cycle,  // and was set aside
  };

  void declare(number which, std::string name, bool has_one_lock) {
    node& declared = nodes_.try_emplace(which, node{.position = next_position_}).first->second;
    if (declared.position == next_position_) ++next_position_;
    declared.name = std::move(name);
    declared.has_one_lock = has_one_lock;
  }

  bool knows(number which) const { return nodes_.contains(which); }
  const std::string& name(number which) const { return nodes_.at(which).name; }
  // Whether it had one until now.
  bool has_another_lock(number which) { return std::exchange(nodes_.at(which).has_one_lock, false); }

  // Both ends are declared, and differ.
  result add(number from, number to, const sighting& seen) {
    const bool are_back = has_lost_a_way_ && take_back();
    if (edge* const known = find(from, to)) {
      const result found = update(*known, seen);
      return are_back ? result::changed : found;
    }
    edge made{.from = from, .to = to, .first = seen};
    if (insert(made)) return result::added;
    set_aside_.push_back(std::move(made));
    return result::closes_a_cycle;
  }

  // Null if there is none, neither in the graph nor set aside.
  edge* find(number from, number to) {
    const auto start = nodes_.find(from);
    if (start == nodes_.end()) return nullptr;
    if (const auto found = start->second.out.find(to); found != start->second.out.end()) return &found->second;
    const auto found =
        std::ranges::find_if(set_aside_, [&](const edge& each) { return each.from == from && each.to == to; });
    return found != set_aside_.end() ? &*found : nullptr;
  }

  // The edges that would close a cycle.
  std::vector<edge>& set_aside() { return set_aside_; }

  // The fewest edges that lead back from the end of one to its beginning so that threads can meet in the cycle;
  // if they can in none, the fewest; none, if it would close no cycle any more.
  //
  // A short way on which one thread was alone must not hide a longer one. So a node is reached again by any way
  // that is not worse in everything than one before, up to a number, since the search could else take time
  // exponential in the gates: all are looked at unless more than three gates are left.
  std::vector<const edge*> way_back(const edge& closing) const {
    std::vector<place> reached{
        {.at = closing.to, .has_many_threads = closing.has_many_threads, .gates = gates_of_one_lock(closing)}};
    std::unordered_map<number, std::vector<std::size_t>> known;
    const std::int64_t last = nodes_.at(closing.from).position;  // no edge leads back from beyond it
    std::size_t shortest = 0;
    for (std::size_t i = 0; i != reached.size(); ++i) {
      if (reached[i].at == closing.from) {
        if (reached[i].can_hang()) return way_to(reached, i);
        if (shortest == 0) shortest = i;
        continue;
      }
      for (const auto& [to, each] : nodes_.at(reached[i].at).out) {
        if (nodes_.at(to).position > last) continue;
        place next = after(reached, i, each, closing.first.thread);
        std::vector<std::size_t>& others = known[to];
        if (others.size() == most_ways ||
            std::ranges::any_of(others, [&](std::size_t other) { return reached[other].is_as_good_as(next); }))
          continue;
        others.push_back(reached.size());
        reached.push_back(std::move(next));
      }
    }
    return way_to(reached, shortest);
  }

  // Whether threads can meet in this cycle: they are more than one, and no lock keeps them apart.
  bool can_hang(const edge& closing, const std::vector<const edge*>& way) const {
    bool has_many_threads = closing.has_many_threads;
    std::vector<number> gates = closing.first.gates;
    for (const edge* const each : way) {
      has_many_threads |= each->has_many_threads || each->first.thread != closing.first.thread;
      gates = common(gates, each->first.gates);
    }
    return has_many_threads && std::ranges::none_of(gates, [&](number gate) { return has_one_lock(gate); });
  }

  // Forgets a class, and every edge from it and to it. What was set aside for a way through it is taken back
  // later, since that needs memory.
  void remove(number which) noexcept {
    const auto found = nodes_.find(which);
    if (found == nodes_.end()) return;
    has_lost_a_way_ |= !found->second.in.empty() && !found->second.out.empty() && !set_aside_.empty();
    for (const number before : found->second.in) nodes_.at(before).out.erase(which);
    for (const auto& [after, each] : found->second.out) std::erase(nodes_.at(after).in, which);
    nodes_.erase(found);
    std::erase_if(set_aside_, [&](const edge& each) { return each.from == which || each.to == which; });
  }

  // Calls visit(number, name, has_one_lock) for each class, and visit(edge, is_in_the_graph) for each edge.
  template <class VisitClass, class VisitEdge>
  void for_each(VisitClass visit_class, VisitEdge visit_edge) const {
    std::map<std::int64_t, number> in_order;
    for (const auto& [which, each] : nodes_) in_order.emplace(each.position, which);
    for (const auto& [position, which] : in_order) {
      const node& each = nodes_.at(which);
      visit_class(which, each.name, each.has_one_lock);
    }
    for (const auto& [position, which] : in_order)
      for (const auto& [to, each] : nodes_.at(which).out) visit_edge(each, true);
    for (const edge& each : set_aside_) visit_edge(each, false);
  }

 private:
  struct node {
    std::int64_t position = 0;  // smaller than those of all nodes that its edges lead to
    std::string name = {};
    bool has_one_lock = true;  // so that holding it keeps other holders away
    std::map<number, edge> out = {};
    std::vector<number> in = {};
  };

  // Where a search has come to.
  struct place {
    number at;
    bool has_many_threads;      // seen on the way
    std::vector<number> gates;  // of one lock, and held on the whole way
    const edge* by = nullptr;   // the last on the way; null: it is where the search began
    std::size_t before = 0;     // where that begins

    bool can_hang() const { return has_many_threads && gates.empty(); }
    // Whether each way on from the other one that can hang can also hang from here.
    bool is_as_good_as(const place& other) const {
      return (has_many_threads || !other.has_many_threads) && std::ranges::includes(other.gates, gates);
    }
  };
  static constexpr std::size_t most_ways = 16;  // as many as there are for three gates

  bool has_one_lock(number which) const {
    const auto found = nodes_.find(which);
    return found != nodes_.end() && found->second.has_one_lock;
  }
  std::vector<number> gates_of_one_lock(const edge& of) const {
    std::vector<number> gates = of.first.gates;
    std::erase_if(gates, [&](number gate) { return !has_one_lock(gate); });
    return gates;
  }

  static place after(const std::vector<place>& reached, std::size_t before, const edge& by,
                     std::uint64_t thread) {
    return {.at = by.to,
            .has_many_threads =
                reached[before].has_many_threads || by.has_many_threads || by.first.thread != thread,
            .gates = common(reached[before].gates, by.first.gates),
            .by = &by,
            .before = before};
  }

  static std::vector<const edge*> way_to(const std::vector<place>& reached, std::size_t last) {
    std::vector<const edge*> way;
    for (std::size_t i = last; reached[i].by != nullptr; i = reached[i].before) way.push_back(reached[i].by);
    std::ranges::reverse(way);
    return way;
  }

  static std::vector<number> common(const std::vector<number>& a, const std::vector<number>& b) {
    std::vector<number> both;
    std::ranges::set_intersection(a, b, std::back_inserter(both));
    return both;
  }

  // False if it would close a cycle; then it is as it was.
  bool insert(edge& made) {
    node& first = nodes_.at(made.from);
    node& second = nodes_.at(made.to);
    if (first.position > second.position && !reorder(made.from, made.to)) return false;
    second.in.reserve(second.in.size() + 1);
    const number from = made.from;
    first.out.emplace(made.to, std::move(made));
    second.in.push_back(from);
    return true;
  }

  // Every edge set aside that closes no cycle any more is one of the graph again. If two of them close one with
  // each other, the second stays, as one that nobody was told of. Whether there were any.
  bool take_back() {
    const auto is_free = [&](const edge& each) { return way_back(each).empty(); };
    bool are_back = false;
    for (edge& each : set_aside_) {
      if (!is_free(each)) continue;
      each.is_reported = false;
      are_back = true;
    }
    for (std::size_t i = set_aside_.size(); are_back && i-- != 0;)
      if (insert(set_aside_[i])) set_aside_.erase(set_aside_.begin() + static_cast<std::ptrdiff_t>(i));
    has_lost_a_way_ = false;
    return are_back;
  }

  static result update(edge& known, const sighting& seen) {
    result changed = result::known;
    if (seen.thread != known.first.thread && !std::exchange(known.has_many_threads, true))
      changed = result::changed;
    std::vector<number> gates = common(known.first.gates, seen.gates);
    if (gates.size() != known.first.gates.size()) {
      known.first.gates = std::move(gates);
      changed = result::changed;
    }
    return changed;
  }

  // Makes room for an edge that does not agree with the order. False if it would close a cycle; then nothing
  // has changed.
  bool reorder(number from, number to) {
    const std::int64_t highest = nodes_.at(from).position;
    const std::int64_t lowest = nodes_.at(to).position;
    std::vector<number> after;
    if (!collect(to, after, [&](number at, auto follow) {
          for (const auto& [next, each] : nodes_.at(at).out)
            if (nodes_.at(next).position <= highest) follow(next);
          return at != from;
        }))
      return false;
    std::vector<number> before;
    collect(from, before, [&](number at, auto follow) {
      for (const number next : nodes_.at(at).in)
        if (nodes_.at(next).position >= lowest) follow(next);
      return true;
    });

    const auto position = [&](number which) { return nodes_.at(which).position; };
    std::ranges::sort(before, {}, position);
    std::ranges::sort(after, {}, position);
    before.insert(before.end(), after.begin(), after.end());
    std::vector<std::int64_t> places;
    for (const number each : before) places.push_back(position(each));
    std::ranges::sort(places);
    for (std::size_t i = 0; i != before.size(); ++i) nodes_.at(before[i]).position = places[i];
    return true;
  }

  // All that can be reached from `start`, until look(node, follow) says false.
  template <class Look>
  static bool collect(number start, std::vector<number>& reached, Look look) {
    reached.push_back(start);
    for (std::size_t next = 0; next != reached.size(); ++next) {
      const number at = reached[next];
      const auto follow = [&](number found) {
        if (std::ranges::find(reached, found) == reached.end()) reached.push_back(found);
      };
      if (!look(at, follow)) return false;
    }
    return true;
  }

  std::unordered_map<number, node> nodes_;
  std::int64_t next_position_ = 0;
  std::vector<edge> set_aside_;
  bool has_lost_a_way_ = false;  // since edges were last taken back
};

}  // namespace PLAIT_NAMESPACE::detail
