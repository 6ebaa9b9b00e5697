// SPDX-License-Identifier: MIT
// The graph of lock orders against a search of everything, on random graphs.
#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/lock/order_graph.hpp>

namespace {

using plait::detail::order_graph;
using number = order_graph::number;

class naive_graph {
 public:
  bool would_close_a_cycle(number from, number to) const {
    std::set<number> reached{to};
    for (std::vector<number> next{to}; !next.empty();) {
      const number at = next.back();
      next.pop_back();
      for (const auto& [a, b] : edges)
        if (a == at && reached.insert(b).second) next.push_back(b);
    }
    return reached.contains(from);
  }

  void remove(number which) {
    const auto has_it = [&](const auto& edge) { return edge.first == which || edge.second == which; };
    std::erase_if(edges, has_it);
    std::erase_if(set_aside, has_it);
  }
  void take_back() {
    for (std::size_t i = set_aside.size(); i-- != 0;) {
      const auto [from, to] = set_aside[i];
      if (would_close_a_cycle(from, to)) continue;
      edges.emplace(from, to);
      set_aside.erase(set_aside.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  std::set<std::pair<number, number>> edges;
  std::vector<std::pair<number, number>> set_aside;
};

TEST(order_graph, finds_exactly_the_edges_that_close_a_cycle_while_nodes_come_and_go) {
  std::mt19937 random(1);
  for (int round = 0; round != 200; ++round) {
    const std::size_t size = 2 + random() % 12;
    order_graph graph;
    naive_graph naive;
    std::vector<number> alive;
    number last = 0;
    bool has_lost_edges = false;
    const auto replace = [&](std::size_t at) {
      has_lost_edges = true;
      graph.remove(alive[at]);
      naive.remove(alive[at]);
      alive[at] = ++last;
      graph.declare(last, "", true);
    };
    for (std::size_t i = 0; i != size; ++i) {
      alive.push_back(++last);
      graph.declare(last, "", true);
    }
    for (int step = 0; step != 100; ++step) {
      const std::size_t a = random() % size, b = random() % size;
      if (random() % 20 == 0) replace(a);
      const number from = alive[a], to = alive[b];
      if (a == b || graph.find(from, to) != nullptr) continue;
      if (std::exchange(has_lost_edges, false)) naive.take_back();
      const bool closes = naive.would_close_a_cycle(from, to);
      ASSERT_EQ(graph.add(from, to, {}) == order_graph::result::closes_a_cycle, closes)
          << "round " << round << ", step " << step;
      if (!closes) {
        naive.edges.emplace(from, to);
        continue;
      }
      naive.set_aside.emplace_back(from, to);
      EXPECT_EQ(graph.set_aside().size(), naive.set_aside.size());
      const auto way = graph.way_back(graph.set_aside().back());
      ASSERT_FALSE(way.empty());
      EXPECT_EQ(way.front()->from, to);
      EXPECT_EQ(way.back()->to, from);
      for (std::size_t i = 0; i + 1 != way.size(); ++i) EXPECT_EQ(way[i]->to, way[i + 1]->from);
      for (const auto* const edge : way) EXPECT_TRUE(naive.edges.contains({edge->from, edge->to}));
    }
  }
}

// The fewest edges of a way back that can hang, of all ways; 0: none can.
std::size_t shortest_danger(const order_graph& graph, const std::vector<order_graph::edge>& edges,
                            const order_graph::edge& closing) {
  std::size_t shortest = 0;
  std::vector<const order_graph::edge*> way;
  const auto go_on = [&](auto self, number at) -> void {
    const bool is_shorter = shortest == 0 || way.size() < shortest;
    if (at == closing.from && is_shorter && graph.can_hang(closing, way)) shortest = way.size();
    if (at == closing.from) return;
    for (const order_graph::edge& each : edges) {
      if (each.from != at) continue;
      way.push_back(&each);
      self(self, each.to);
      way.pop_back();
    }
  };
  go_on(go_on, closing.to);
  return shortest;
}

TEST(order_graph, finds_the_shortest_way_back_that_can_hang_among_all_ways) {
  std::mt19937 random(1);
  std::size_t dangerous = 0, harmless = 0;
  for (int round = 0; round != 500; ++round) {
    const std::vector<number> gates{100, 101, 102, 103};
    order_graph graph;
    for (const number gate : gates) graph.declare(gate, "", random() % 4 != 0);
    const number size = 3 + random() % 5;
    for (number each = 0; each != size; ++each) graph.declare(each, "", true);
    const unsigned rare = 1 + random() % 8;
    for (int step = 0; step != 30; ++step) {
      const number from = random() % size, to = random() % size;
      order_graph::sighting seen{.thread = 1 + (random() % rare == 0 ? 1u : 0u)};
      for (const number gate : gates)
        if (random() % 8 != 0) seen.gates.push_back(gate);
      if (from != to) graph.add(from, to, seen);
    }
    std::vector<order_graph::edge> edges;
    graph.for_each([](auto&&...) {},
                   [&](const order_graph::edge& each, bool is_in_graph) {
                     if (is_in_graph) edges.push_back(each);
                   });
    for (const order_graph::edge& closing : graph.set_aside()) {
      const auto way = graph.way_back(closing);
      const std::size_t shortest = shortest_danger(graph, edges, closing);
      ASSERT_EQ(graph.can_hang(closing, way), shortest != 0) << "round " << round;
      if (shortest != 0) {
        EXPECT_EQ(way.size(), shortest);
      }
      ++(shortest != 0 ? dangerous : harmless);
    }
  }
  EXPECT_GT(dangerous, 100u);
  EXPECT_GT(harmless, 100u);
}

TEST(order_graph, what_only_one_thread_did_can_hang_as_soon_as_another_does_it) {
  order_graph graph;
  for (const number each : {1u, 2u}) graph.declare(each, "", true);
  const order_graph::sighting one{.thread = 1}, another{.thread = 2};
  EXPECT_EQ(graph.add(1, 2, one), order_graph::result::added);
  EXPECT_EQ(graph.add(2, 1, one), order_graph::result::closes_a_cycle);
  const auto can_hang = [&] {
    const auto& closing = graph.set_aside().front();
    return graph.can_hang(closing, graph.way_back(closing));
  };
  EXPECT_FALSE(can_hang());
  EXPECT_EQ(graph.add(1, 2, one), order_graph::result::known);
  EXPECT_EQ(graph.add(1, 2, another), order_graph::result::changed);
  EXPECT_TRUE(can_hang());
}

TEST(order_graph, a_gate_counts_if_it_was_held_each_time_and_is_one_lock) {
  order_graph graph;
  for (const number each : {1u, 2u, 3u, 4u}) graph.declare(each, "", true);
  graph.add(1, 2, {.thread = 1, .gates = {3, 4}});
  graph.add(2, 1, {.thread = 2, .gates = {3}});
  const auto can_hang = [&] {
    const auto& closing = graph.set_aside().front();
    return graph.can_hang(closing, graph.way_back(closing));
  };
  EXPECT_FALSE(can_hang());
  graph.has_another_lock(3);
  EXPECT_TRUE(can_hang()) << "holding one of two locks keeps nobody away who holds the other";
}

}  // namespace
