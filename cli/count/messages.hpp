// SPDX-License-Identifier: MIT
// Standard error, where messages and the progress bar do not overwrite each other.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>

namespace plait::cli {

// For any thread.
class messages {
 public:
  // Each message begins with the command's name.
  explicit messages(std::string_view command = "plait count") : command_(command) {}

  // An error after which the program continues; it will end with exit code 2.
  void error(std::string_view text);
  std::size_t errors() const;

  // A message that is not an error.
  void note(std::string_view text);

  // Replaces the last line on the terminal; an empty line erases it.
  void show_progress(std::string_view line);

 private:
  void write_line(std::string_view text);

  std::string_view command_;
  mutable std::mutex mutex_;
  std::size_t errors_ = 0;
  bool bar_is_shown_ = false;
};

}  // namespace plait::cli
