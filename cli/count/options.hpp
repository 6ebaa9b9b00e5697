// SPDX-License-Identifier: MIT
// The options of `plait count`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "count/words.hpp"

namespace CLI {
class App;
}

namespace plait::cli {

enum class binary_files { error, skip, count };  // how to treat a file with a zero byte near its start
enum class when { automatic, always, never };

inline constexpr std::size_t every_word = static_cast<std::size_t>(-1);
inline constexpr std::size_t longest_min_length = 1'000'000'000;
inline constexpr unsigned most_threads = 1024;

struct count_options {
  std::vector<std::string> paths;  // "-" is standard input
  word_rules rules;
  std::size_t top = 20;
  std::size_t max_keys = every_word;  // how many words are kept
  bool json = false;
  bool quiet = false;
  unsigned threads = 1;
  binary_files binary = binary_files::error;
  when progress = when::automatic;
  std::string remote_url;     // of a server; empty: count here
  unsigned workers = 2;       // processes that count then
  std::string remote_worker;  // the run that this process works for, if it is one of them

  // Not on the command line: how much of a file is one task, and how much is read at once.
  std::uint64_t segment_size = std::uint64_t{1024} * 1024;
  std::size_t read_size = std::size_t{128} * 1024;
};

// Parsing `command` fills in `options`, whose present values are the defaults.
void add_options(CLI::App& command, count_options& options);

}  // namespace plait::cli
