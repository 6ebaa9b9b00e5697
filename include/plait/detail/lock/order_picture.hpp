// SPDX-License-Identifier: MIT
// What is known about the order of locks, written down: as JSON, and for Graphviz.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <plait/detail/lock/order_checker.hpp>
#include <plait/detail/lock/order_graph.hpp>
#include <plait/detail/lock/stack_names.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// With what JSON and Graphviz ask for in a string.
inline std::string in_quotes(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      all += '\\';
      all += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      all += code;
    } else {
      all += c;
    }
  }
  return all + '"';
}

// {"schema_version":1, "classes":[...], "edges":[...]}, as docs/structures/lock_order.md says.
inline std::string as_json(const order_checker::picture& seen) {
  stack_names names;
  std::string all = "{\"schema_version\":1,\"classes\":[";
  const char* before = "";
  for (const auto& [which, name] : seen.classes) {
    all.append(before).append("{\"number\":").append(std::to_string(which));
    all.append(",\"name\":").append(in_quotes(name)).append("}");
    before = ",";
  }
  all.append("],\"edges\":[");
  before = "";
  for (const auto& [edge, is_in_order] : seen.edges) {
    all.append(before).append("{\"from\":").append(std::to_string(edge.from));
    all.append(",\"to\":").append(std::to_string(edge.to));
    all.append(",\"closes_a_cycle\":").append(is_in_order ? "false" : "true");
    all.append(",\"many_threads\":").append(edge.has_many_threads ? "true" : "false");
    all.append(",\"thread\":").append(in_quotes(edge.first.thread_name)).append(",\"stack\":[");
    const char* before_frame = "";
    for (const std::string& frame : names.lines(edge.first.stack)) {
      all.append(before_frame).append(in_quotes(frame));
      before_frame = ",";
    }
    all.append("]}");
    before = ",";
  }
  return all.append("]}");
}

// A digraph; what closes a cycle is red.
inline std::string as_dot(const order_checker::picture& seen) {
  std::string all = "digraph lock_order {\n";
  for (const auto& [which, name] : seen.classes)
    all.append("  ").append(std::to_string(which)).append(" [label=").append(in_quotes(name)).append("];\n");
  for (const auto& [edge, is_in_order] : seen.edges) {
    all.append("  ").append(std::to_string(edge.from)).append(" -> ").append(std::to_string(edge.to));
    all.append(is_in_order ? ";\n" : " [color=red];\n");
  }
  return all.append("}\n");
}

}  // namespace PLAIT_NAMESPACE::detail
