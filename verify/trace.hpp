// SPDX-License-Identifier: MIT
// What happened in an execution, step by step. Recorded only when a failing execution is run again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace verify {

// The text of a line, without the spaces before it; empty if the source is no longer where it was compiled.
std::string source_line(const std::string& file, std::uint32_t line);

namespace detail {

class trace {
 public:
  struct event {
    unsigned thread;
    std::string what;
    std::string file;
    std::uint32_t line;
  };

  void add(event happened) { events_.push_back(std::move(happened)); }
  void clear() { events_.clear(); }

  // One line an event: number, thread (each in its own column), what it did, and the line of source.
  std::string to_string() const;

 private:
  std::vector<event> events_;
};

}  // namespace detail
}  // namespace verify
