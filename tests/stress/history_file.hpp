// SPDX-License-Identifier: MIT
// The file into which `plait stress --export` writes every recorded history, so that it can be judged again by
// anybody. Its format is described in verify/README.md.
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

#include "stress/workload.hpp"

namespace stress {

class history_file {
 public:
  // Throw std::system_error if it cannot be written.
  void open(const std::string& path);
  void close();

  bool is_open() const { return file_.is_open(); }

  // The histories that are written next are of this round.
  void begin_round(const std::string& workload, const round& of);

  // A line for the history, and those of its calls. `capacity` is
  // history::unbounded if it has no bound. Any thread may call it.
  void write(std::string_view order, std::size_t capacity, std::size_t calls, std::string_view lines);

 private:
  std::mutex mutex_;
  std::ofstream file_;
  std::string path_;
  std::string workload_;
  round of_{};
};

// That of the program.
history_file& exported();

template <class Operation>
void export_history(std::string_view order, std::size_t capacity,
                    std::span<const history::call<Operation>> calls) {
  if (!exported().is_open()) return;
  std::string lines;
  for (const auto& [operation, begin, end, thread] : calls)
    fmt::format_to(std::back_inserter(lines),
                   R"({{"thread":{},"call":"{}","arguments":{},"answer":{},"begin":{},"end":{}}})"
                   "\n",
                   thread, name_of(operation), arguments_of(operation), answer_of(operation), begin, end);
  exported().write(order, capacity, calls.size(), lines);
}

}  // namespace stress
