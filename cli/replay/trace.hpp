// SPDX-License-Identifier: MIT
// A trace: which keys were asked for, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace plait::cli {

struct trace {
  std::string name;
  std::string format;
  // Of each request: numbers 0, 1, 2, ... in the order in which they first came.
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> sizes;  // of each key, in bytes, when it first came; empty if the trace has none
  std::size_t distinct = 0;

  std::uint64_t bytes() const;  // of all keys
};

class trace_builder {
 public:
  void add(std::uint64_t key) { result_.keys.push_back(number_of(key)); }

  void add(std::uint64_t key, std::uint32_t size) {
    add(key);
    if (result_.sizes.size() < numbers_.size()) result_.sizes.push_back(size == 0 ? 1 : size);
  }

  std::size_t requests() const { return result_.keys.size(); }

  trace finish() {
    result_.distinct = numbers_.size();
    return std::move(result_);
  }

 private:
  std::uint32_t number_of(std::uint64_t key) {
    return numbers_.try_emplace(key, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }

  trace result_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
};

}  // namespace plait::cli
