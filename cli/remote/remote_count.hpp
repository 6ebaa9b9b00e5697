// SPDX-License-Identifier: MIT
// The work of `plait count --remote`: blocks of text go through a queue at a server to worker processes, whose
// counts come together in a counter there.
//
//   this process                   remote::queue              worker processes
//   reads the files          --    block of whole words  -->  split, count
//   prints the most common   <--   remote::keyed_counter <--  add_once(number of the block, its counts)
//
// A worker that is killed loses nothing: its block comes again when its lease is over. It doubles nothing
// either: the counts of a block are added once, by whoever finishes it first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "count/messages.hpp"
#include "count/options.hpp"
#include "count/report.hpp"

namespace plait::cli {

// The result of a run; its report refers to the words.
struct remote_counts {
  std::vector<std::pair<std::string, std::int64_t>> words;
  count_report report;
};

// Starts the workers, waits for them, and fills in the counts; false if Ctrl-C ended it early. Throws if all
// workers have died.
bool count_remotely(const count_options& options, messages& out, remote_counts& result);

// The environment's variable that makes a process a worker, and names the run that it works for.
inline constexpr const char* remote_run_variable = "PLAIT_REMOTE_RUN";

// What a worker process does until the queue is closed.
int run_remote_worker(const count_options& options);

}  // namespace plait::cli
