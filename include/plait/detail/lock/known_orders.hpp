// SPDX-License-Identifier: MIT
// The classes of locks, and the orders in which they were seen here and in other runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <plait/detail/lock/lock_stack.hpp>
#include <plait/detail/lock/order_finding.hpp>
#include <plait/detail/lock/order_graph.hpp>
#include <plait/detail/lock/order_picture.hpp>
#include <plait/detail/sync.hpp>
#include <plait/lock_order_report.hpp>

namespace PLAIT_NAMESPACE::detail {

// Numbers classes and threads, neither of which is ever used again. Its user has a lock around it.
class known_orders {
 public:
  using number = order_graph::number;

  // Of the class of that name, or of a new one; of a new one if there is no name. `has_grown` says whether it
  // had one lock until now: what that kept apart can hang then.
  number number_of(const char* name, bool& has_grown) {
    const auto known = name != nullptr ? names_.find(name) : names_.end();
    has_grown = known != names_.end() && graph_.has_another_lock(known->second);
    if (known != names_.end()) return known->second;
    return name != nullptr ? new_class(name) : ++last_number_;
  }
  std::uint64_t new_thread() noexcept { return ++last_thread_; }

  static std::string class_of(const lock_identity& lock) {
    if (lock.name != nullptr) return lock.name;
    return "unnamed lock " + std::to_string(lock.number.load(sync::relaxed));  // relaxed: it stands for itself
  }
  // With its key, if it has one.
  static std::string name_of(const lock_identity& lock) {
    return lock.rule != lock_rule::key ? class_of(lock)
                                       : class_of(lock) + '[' + std::to_string(lock.place) + ']';
  }

  // Before its first edge.
  void declare(lock_identity& lock, number which) {
    lock.is_in_graph = true;
    if (!graph_.knows(which)) graph_.declare(which, class_of(lock), true);
  }
  void forget(number which) { graph_.remove(which); }

  // One was taken under the other. Whether that is something new.
  bool add(number held, number taken, const order_graph::sighting& seen) {
    return graph_.add(held, taken, seen) != order_graph::result::known;
  }
  bool is_seen_by_many(number held, number taken) { return graph_.find(held, taken)->has_many_threads; }

  // Adds the cycles that are worth a report, now that something new is known: each once, or `each_time` if one
  // of the caller's edges closes it. Those edges are at `now`.
  template <class IsOfNow>
  void judge(lock_certainty least, bool each_time, const lock_place& now, IsOfNow is_of_now,
             std::vector<order_finding>& found) {
    for (order_graph::edge& closing : graph_.set_aside()) {
      if (closing.is_reported && !(each_time && is_of_now(closing))) continue;
      std::vector<const order_graph::edge*> cycle = graph_.way_back(closing);
      if (cycle.empty()) continue;
      const auto certainty =
          graph_.can_hang(closing, cycle) ? lock_certainty::possible : lock_certainty::unlikely;
      if (certainty > least) continue;
      closing.is_reported = true;
      cycle.insert(cycle.begin(), &closing);
      const auto first = std::ranges::find_if(cycle, [&](const auto* each) { return is_of_now(*each); });
      std::ranges::rotate(cycle, first != cycle.end() ? first : cycle.begin());
      order_finding made{lock_problem::inversion, certainty, {}};
      for (const order_graph::edge* const each : cycle) {
        const bool is_now = made.steps.empty() && is_of_now(*each);
        made.steps.push_back(
            {graph_.name(each->from), graph_.name(each->to), is_now ? now : each->first.place, is_now});
      }
      found.push_back(std::move(made));
    }
  }

  // Adds what was seen in another run. Its named classes are those of that name here; its threads are others.
  void add(const order_picture& other) {
    std::map<number, number> classes;
    for (const order_picture::lock_class& each : other.classes) classes[each.number] = number_here(each);
    std::map<std::uint64_t, std::uint64_t> threads;
    for (const order_picture::edge& each : other.edges) {
      const number from = classes.at(each.seen.from), to = classes.at(each.seen.to);
      if (from == to) continue;
      order_graph::sighting seen = each.seen.first;
      const auto [thread, is_new] = threads.try_emplace(seen.thread, last_thread_ + 1);
      if (is_new) ++last_thread_;
      seen.thread = thread->second;
      std::erase_if(seen.gates, [&](number gate) { return !classes.contains(gate); });
      for (number& gate : seen.gates) gate = classes.at(gate);
      std::ranges::sort(seen.gates);
      graph_.add(from, to, seen);
      graph_.find(from, to)->has_many_threads |= each.seen.has_many_threads;
    }
  }

  order_picture look() const {
    order_picture seen;
    graph_.for_each(
        [&](number which, const std::string& name, bool has_one_lock) {
          const auto named = names_.find(name);
          seen.classes.push_back({which, name, named != names_.end() && named->second == which, has_one_lock});
        },
        [&](const order_graph::edge& each, bool is_in_order) { seen.edges.push_back({each, is_in_order}); });
    return seen;
  }

 private:
  number new_class(const std::string& name) {
    graph_.declare(++last_number_, name, true);
    names_.emplace(name, last_number_);
    return last_number_;
  }

  number number_here(const order_picture::lock_class& other) {
    if (!other.is_named) {
      graph_.declare(++last_number_, other.name + " of another run", other.has_one_lock);
      return last_number_;
    }
    const auto known = names_.find(other.name);
    const number here = known != names_.end() ? known->second : new_class(other.name);
    if (!other.has_one_lock) graph_.has_another_lock(here);
    return here;
  }

  order_graph graph_;
  std::map<std::string, number> names_;
  number last_number_ = 0;
  std::uint64_t last_thread_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
