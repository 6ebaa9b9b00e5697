// SPDX-License-Identifier: MIT
// What is known about the order of locks as text: JSON, which is read again, and a picture for Graphviz.
#pragma once

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/detail/lock/json_value.hpp>
#include <plait/detail/lock/order_finding.hpp>
#include <plait/detail/lock/order_graph.hpp>
#include <plait/detail/lock/order_picture.hpp>
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

// A list of JSON; add(element) writes one.
template <class Elements, class Add>
void add_list(std::string& all, const Elements& elements, Add add) {
  all += '[';
  for (const char* before = ""; const auto& each : elements) {
    all += std::exchange(before, ",");
    add(each);
  }
  all += ']';
}

// {"schema_version":1, "classes":[...], "edges":[...]}, as docs/structures/lock_order.md says.
inline std::string as_json(const order_picture& seen) {
  stack_names names;
  std::string all = "{\"schema_version\":1,\"classes\":";
  add_list(all, seen.classes, [&](const order_picture::lock_class& each) {
    all.append("{\"number\":").append(std::to_string(each.number));
    all.append(",\"is_named\":").append(each.is_named ? "true" : "false");
    all.append(",\"has_one_lock\":").append(each.has_one_lock ? "true" : "false");
    all.append(",\"name\":").append(in_quotes(each.name)).append("}");
  });
  all += ",\"edges\":";
  add_list(all, seen.edges, [&](const order_picture::edge& each) {
    const order_graph::edge& edge = each.seen;
    all.append("{\"from\":").append(std::to_string(edge.from));
    all.append(",\"to\":").append(std::to_string(edge.to));
    all.append(",\"closes_a_cycle\":").append(each.is_in_order ? "false" : "true");
    all.append(",\"many_threads\":").append(edge.has_many_threads ? "true" : "false");
    all.append(",\"thread\":").append(in_quotes(edge.first.place.thread_name));
    all.append(",\"thread_number\":").append(std::to_string(edge.first.thread)).append(",\"gates\":");
    add_list(all, edge.first.gates, [&](order_graph::number gate) { all += std::to_string(gate); });
    all += ",\"stack\":";
    add_list(all, order_finding::lines(edge.first.place, names),
             [&](const std::string& frame) { all += in_quotes(frame); });
    all += '}';
  });
  return all + '}';
}

// What as_json() has written, in this process or another. Throws std::invalid_argument.
inline order_picture from_json(std::string_view text) {
  const json_value all = json_value::read(text);
  if (all["schema_version"].number() != 1) throw std::invalid_argument("\"schema_version\" is not 1");
  order_picture seen;
  for (const json_value& each : all["classes"].list())
    seen.classes.push_back({each["number"].number(), each["name"].string(), each["is_named"].truth(),
                            each["has_one_lock"].truth()});
  const auto known = [&](const json_value& number) {
    if (std::ranges::find(seen.classes, number.number(), &order_picture::lock_class::number) ==
        seen.classes.end())
      throw std::invalid_argument("no class has the number " + std::to_string(number.number()));
    return number.number();
  };
  for (const json_value& each : all["edges"].list()) {
    order_graph::edge read{.from = known(each["from"]), .to = known(each["to"])};
    if (read.from == read.to) throw std::invalid_argument("an edge leads from a class to itself");
    read.has_many_threads = each["many_threads"].truth();
    read.first.thread = each["thread_number"].number();
    read.first.place.thread_name = each["thread"].string();
    for (const json_value& frame : each["stack"].list())
      read.first.place.stack_of_another_run.push_back(frame.string());
    for (const json_value& gate : each["gates"].list()) read.first.gates.push_back(gate.number());
    seen.edges.push_back({std::move(read), !each["closes_a_cycle"].truth()});
  }
  return seen;
}

// A digraph; what closes a cycle is red.
inline std::string as_dot(const order_picture& seen) {
  std::string all = "digraph lock_order {\n";
  for (const order_picture::lock_class& each : seen.classes) {
    all.append("  ").append(std::to_string(each.number));
    all.append(" [label=").append(in_quotes(each.name)).append("];\n");
  }
  for (const auto& [edge, is_in_order] : seen.edges) {
    all.append("  ").append(std::to_string(edge.from)).append(" -> ").append(std::to_string(edge.to));
    all.append(is_in_order ? ";\n" : " [color=red];\n");
  }
  return all.append("}\n");
}

}  // namespace PLAIT_NAMESPACE::detail
