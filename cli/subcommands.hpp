// SPDX-License-Identifier: MIT
// The subcommands of `plait`. Each adds itself to the command line and, if it is the one that was named
// there, leaves in `run` what is to be done; that returns the exit code.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace plait::cli {

// 128 + SIGINT, as shells say it.
enum exit_code : int { fine = 0, nothing_found = 1, failed = 2, stopped_by_user = 130 };

using action = std::function<int()>;

void add_count(CLI::App& program, action& run);
void add_tour(CLI::App& program, action& run);
void add_bench(CLI::App& program, action& run);
void add_stress(CLI::App& program, action& run);

}  // namespace plait::cli
