// SPDX-License-Identifier: MIT
// The subcommands of `plait`. Each adds itself to the command line and, if it is the one that was named
// there, leaves in `run` what is to be done; that returns the exit code.
#pragma once

#include <functional>

#include "command_line/command_line.hpp"

namespace plait::cli {

using action = std::function<int()>;

void add_count(CLI::App& program, action& run);
void add_tour(CLI::App& program, action& run);
void add_replay(CLI::App& program, action& run);
void add_bench(CLI::App& program, action& run);
void add_stress(CLI::App& program, action& run);

}  // namespace plait::cli
