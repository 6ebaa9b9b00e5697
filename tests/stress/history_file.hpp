// SPDX-License-Identifier: MIT
// The file into which `plait stress --export` writes every recorded history, so that any program can judge it
// again. Its format is described in verify/README.md.
#pragma once

#include <cstddef>
#include <fstream>
#include <iterator>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <verify/history/call.hpp>
#include <verify/history/container_history.hpp>

#include "stress/workload.hpp"

namespace stress {

// What a checker has to know of the structure besides its name.
struct history_kind {
  std::string_view order = {};  // which item comes out: a name in item_order.hpp, or empty
  std::size_t capacity = history::unbounded;
};

class history_file {
 public:
  // Throw std::system_error if it cannot be written.
  void open(const std::string& path);
  void close();

  bool is_open() const { return file_.is_open(); }

  // The histories that are written next are of this round.
  void begin_round(const std::string& workload, const round& of);

  // A line for the history, and those of its calls. Any thread may call it.
  void write(const history_kind& kind, std::size_t calls, std::string_view lines);

 private:
  std::mutex mutex_;
  std::ofstream file_;
  std::string path_;
  std::string workload_;
  round of_{};
};

// The history file of the program.
history_file& exported();

// A call without its times, as JSON: arguments are an array, the answer is a value.
struct call_in_words {
  std::string name;
  std::string arguments;
  std::string answer;
};

// in_words(operation) is a call_in_words.
template <class Operation, class InWords>
void export_history(const history_kind& kind, std::span<const history::call<Operation>> calls,
                    InWords in_words) {
  if (!exported().is_open()) return;
  std::string lines;
  for (const auto& [operation, begin, end, thread] : calls) {
    const auto [name, arguments, answer] = in_words(operation);
    fmt::format_to(std::back_inserter(lines),
                   R"({{"thread":{},"call":"{}","arguments":{},"answer":{},"begin":{},"end":{}}})"
                   "\n",
                   thread, name, arguments, answer, begin, end);
  }
  exported().write(kind, calls.size(), lines);
}

}  // namespace stress
