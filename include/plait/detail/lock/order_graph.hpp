// SPDX-License-Identifier: MIT
// Which class of lock was taken under which: a graph without cycles, and the edges that would close one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <queue>
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
    changed,  // known, but not from this thread, or not without some gate
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
  void has_another_lock(number which) { nodes_.at(which).has_one_lock = false; }

  // Both ends are declared, and differ.
  result add(number from, number to, const sighting& seen) {
    if (edge* const known = find(from, to)) return update(*known, seen);
    node& first = nodes_.at(from);
    node& second = nodes_.at(to);
    edge made{.from = from, .to = to, .first = seen};
    if (first.position > second.position && !reorder(from, to)) {
      set_aside_.push_back(std::move(made));
      return result::closes_a_cycle;
    }
    second.in.reserve(second.in.size() + 1);
    first.out.emplace(to, std::move(made));
    second.in.push_back(from);
    return result::added;
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

  // The fewest edges that lead back from the end of one to its beginning; none, if it would close no cycle any
  // more.
  std::vector<const edge*> way_back(const edge& closing) const {
    std::unordered_map<number, const edge*> reached_by{{closing.to, nullptr}};
    std::queue<number> next({closing.to});
    for (; !next.empty() && !reached_by.contains(closing.from); next.pop())
      for (const auto& [to, each] : nodes_.at(next.front()).out)
        if (reached_by.emplace(to, &each).second) next.push(to);
    std::vector<const edge*> way;
    if (!reached_by.contains(closing.from)) return way;
    for (number at = closing.from; at != closing.to; at = way.back()->from) way.push_back(reached_by.at(at));
    std::ranges::reverse(way);
    return way;
  }

  // Whether threads can meet in this cycle: they are more than one, and no lock keeps them apart.
  bool can_hang(const edge& closing, const std::vector<const edge*>& way) const {
    bool has_many_threads = closing.has_many_threads;
    std::vector<number> gates = closing.first.gates;
    for (const edge* const each : way) {
      has_many_threads |= each->has_many_threads || each->first.thread != closing.first.thread;
      gates = common(gates, each->first.gates);
    }
    const bool are_kept_apart = std::ranges::any_of(gates, [&](number gate) {
      const auto found = nodes_.find(gate);
      return found != nodes_.end() && found->second.has_one_lock;
    });
    return has_many_threads && !are_kept_apart;
  }

  // Forgets a class, and every edge from it and to it.
  void remove(number which) {
    const auto found = nodes_.find(which);
    if (found == nodes_.end()) return;
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

  static std::vector<number> common(const std::vector<number>& a, const std::vector<number>& b) {
    std::vector<number> both;
    std::ranges::set_intersection(a, b, std::back_inserter(both));
    return both;
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
};

}  // namespace PLAIT_NAMESPACE::detail
