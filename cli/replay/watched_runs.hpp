// SPDX-License-Identifier: MIT
// One trace with every policy and capacity that was asked for, and a progress bar meanwhile.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "count/messages.hpp"
#include "replay/options.hpp"
#include "replay/report.hpp"

namespace plait::cli {

class watched_runs {
 public:
  // Whatever was replayed is in `result`, also after an exception.
  watched_runs(const replay_options& options, messages& out, replayed_trace& result);
  ~watched_runs();
  watched_runs(const watched_runs&) = delete;
  watched_runs& operator=(const watched_runs&) = delete;

  // Throws input_error, and interrupted.
  void replay(const std::string& name);

 private:
  void show(double share, const std::string& what);

  const replay_options& options_;
  messages& messages_;
  replayed_trace& result_;
  bool shows_progress_;
  std::chrono::steady_clock::time_point shown_{};
};

}  // namespace plait::cli
