// SPDX-License-Identifier: MIT
// What is known about the order of locks: a copy of the graph.
#pragma once

#include <string>
#include <vector>

#include <plait/detail/lock/order_graph.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

struct order_picture {
  struct lock_class {
    order_graph::number number;
    std::string name;
    bool is_named;  // by the program: so it is the same class in every run
    bool has_one_lock;
  };
  struct edge {
    order_graph::edge seen;
    bool is_in_order;
  };
  std::vector<lock_class> classes;
  std::vector<edge> edges;
};

}  // namespace PLAIT_NAMESPACE::detail
