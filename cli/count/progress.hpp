// SPDX-License-Identifier: MIT
// The progress bar: how much was counted, how fast, and how long it will take.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "count/messages.hpp"
#include "count/options.hpp"
#include "count/word_count.hpp"

namespace plait::cli {

struct progress_state {
  std::uint64_t bytes_done;
  std::uint64_t bytes_found;
  bool all_found;  // otherwise there may be more to come
  std::chrono::duration<double> elapsed;
};

// The bar for a terminal of `columns` columns.
std::string progress_line(const progress_state& state, std::size_t columns);

// Whether there is to be a bar; automatic: if standard error is a terminal that can show one.
bool wants_progress(when wanted, bool is_quiet);

inline constexpr std::chrono::milliseconds progress_interval{100};

// "[######..................]  25%" for a share of 0 to 1.
std::string share_done(double share);

// How wide the terminal is that standard error is.
std::size_t terminal_columns();

// As much of the line as fits. One column stays free: otherwise the terminal would wrap the line, and only a
// part of it could be erased.
std::string cut_to(std::size_t columns, const std::string& line);

// Bytes for people: "128.5 MB".
std::string readable_bytes(double bytes);

// Shows the bar ten times a second during its lifetime, and erases it at the end.
class progress_bar {
 public:
  progress_bar(const word_count& work, messages& out);
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

 private:
  void show_until_stopped(const std::stop_token& stop);

  const word_count& work_;
  messages& messages_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace plait::cli
